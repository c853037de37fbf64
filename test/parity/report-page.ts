/** What `npm run parity` writes: docs/parity.md. */

import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import type { EngineInfo } from "../../src/model/tensor/engine.js";
import { GAP_FACTORS } from "../support/parity.js";
import type { StageReport } from "../support/stages.js";
import { engineTable } from "./report-engines.js";
import { type RunBeside, recordsSection } from "./report-records.js";

/** Before and after the section of the last 1B run. */
export const MARK = "<!-- 1B -->";

/** One checkpoint on one engine. */
export interface Measured {
  readonly name: string;
  readonly engine: EngineInfo;
  readonly report: StageReport;
  /** Taken by all stages. */
  readonly seconds: number;
  /** Of the embedded model: what it answers to its problems. */
  readonly answers?: Answers;
}

/** How many are the reference's, of how many. */
export type Count = readonly [equal: number, all: number];

/** The embedded model on its problems. */
export interface Answers {
  readonly clean: Count;
  readonly choices: Count;
  /** Null where it was not asked. */
  readonly zeroed: Count | null;
  /** Taken by all of them. */
  readonly seconds: number;
}

/** A figure of the page. */
export const number = (value: number): string => (value === 0 ? "0" : value.toExponential(1));
/** Its share of what is allowed. */
export const share = ({ absolute, allowed }: { absolute: number; allowed: number }): string =>
  `${((100 * absolute) / allowed).toFixed(0)} %`;
/** One table for a checkpoint, engines side by side. */
export function section(measured: readonly Measured[]): string[] {
  const [first] = measured;
  if (first === undefined) return [];
  const rows = first.report.lines.map((line) => {
    const cells = measured.map(({ report }) => {
      const own = report.lines.find(({ stage }) => stage === line.stage) ?? line;
      return `${number(own.absolute)} | ${number(own.relative)} | ${share(own)}${own.block === null ? "" : ` (block ${own.block})`}`;
    });
    return `| \`${line.stage}\` | ${number(line.gap)} | ${cells.join(" | ")} |`;
  });
  const engines = measured.map(({ engine }) => `${engine.name} ${engine.version}`);
  return [
    `### ${first.name}`,
    "",
    `${first.report.sites} sites; answers ${measured.every(({ report }) => report.answerEqual) ? "equal token for token" : "not equal"}; answer tokens whose two best logits are closer than the reference's gap: ${first.report.closeTokens}.`,
    "",
    `| stage | reference's gap | ${engines.map((each) => `${each}: absolute | relative | of bound`).join(" | ")} |`,
    `| --- | --- |${engines.map(() => " --- | --- | --- |").join("")}`,
    ...rows,
    "",
  ];
}

/** What is measured each time. */
export interface Small {
  readonly measured: readonly Measured[];
  readonly records: readonly RunBeside[];
}

/** The whole page. @param large the section of the last 1B run. */
export function page({ measured: small, records }: Small, large: string): string {
  const versions = JSON.parse(readFileSync(new URL("../fixtures/parity/tiny-codi.json", import.meta.url), "utf8")) as {
    versions: Record<string, string>;
  };
  const names = [...new Set(small.map(({ name }) => name))];
  return `${[
    "# Parity with PyTorch, stage by stage",
    "",
    `Written by \`npm run parity\` on ${new Date().toISOString().slice(0, 10)}: ${cpus().length} × ${cpus()[0]?.model ?? "unknown CPU"}, ${process.platform} ${process.arch}, Node ${process.versions.node}; references by ${Object.entries(
      versions.versions,
    )
      .map(([name, version]) => `${name} ${version}`)
      .join(", ")}.`,
    "",
    `The reference is transformers' own LLaMA in float32 inside a transcription of CODI's public description (\`test/fixtures/make/parity.py\`, \`stages.py\`). Its own float32–float64 difference is the **gap**. Demanded at each stage: at most ${GAP_FACTORS.native} × the gap (or ${GAP_FACTORS.native} units in the last place of the stage's largest value, where the gap is smaller by luck), on WebGPU ${GAP_FACTORS.webgpu} ×, and equal greedy tokens. \`blocks.L\` shows the block with the largest share of its bound.`,
    "",
    ...engineTable(small),
    ...recordsSection(records),
    "## Stage by stage",
    "",
    ...names.flatMap((name) => section(small.filter((each) => each.name === name))),
    MARK,
    large.trim(),
    MARK,
    "",
    "## When you see a difference",
    "",
    "Look in this order; each stage reads the ones before it, so the first that leaves its bound is the cause.",
    "",
    "1. Token ids of the prompt (`tokens.prompt` of `trace --out`): BOS once, BOT last, EOS before it only where `remove_eos` is false.",
    "2. `hook_embed`: wrong here means rows or special ids (`codi.json`), never arithmetic.",
    "3. `blocks.0.ln1.hook_normalized`: RMS eps. Then `blocks.0.attn.hook_q`, `hook_k`, `hook_v`: the layout of a weight, or LoRA's factor (`weights inspect` prints it).",
    "4. `blocks.0.attn.hook_rot_q`: RoPE theta and scaling; a difference that grows with the position is RoPE.",
    "5. `blocks.0.attn.hook_pattern`: the mask, the scale, the grouping of KV heads. `hook_z`, `hook_attn_out`: the order of heads.",
    "6. `blocks.0.mlp.hook_pre`, `hook_pre_linear`, `hook_post`: gate and up exchanged, another activation.",
    "7. `ln_final.hook_normalized`, then `latents.hook_hidden` and `prj.hook_pre`: the projection reads the state after the final norm's weight.",
    "8. `latents.hook_input` 0, then 1 to 5: from here on each latent carries the differences of those before it.",
    "9. `hook_logits`: a head that is not tied; the last vocabulary row is dropped. Equal logits and another token: two best logits closer than the gap.",
    "",
  ].join("\n")}`;
}
