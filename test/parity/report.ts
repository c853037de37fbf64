/**
 * `npm run parity`: every stage of every checkpoint beside the reference, on every engine; writes docs/parity.md. WebGPU computes on Chromium's
 * software adapter.
 *     npm run parity -- [--1b FOLDER --python PYTHON]    also a checkpoint of the 1B shape; its reference is computed there and then
 * Without --1b the section of the last 1B run is kept as it is.
 */

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { stopWhereLost } from "../../scripts/setup/npm-options.mjs";
import { CodiModel } from "../../src/index.js";
import type { EngineInfo } from "../../src/model/tensor/engine.js";
import { ENGINE_NAMES, type EngineName } from "../../src/model/tensor/engine-names.js";
import { GAP_FACTOR, MODELS, modelFolder } from "../support/parity.js";
import { type StageReport, stageReport } from "../support/stages.js";
import { SOFTWARE_GPU } from "../support/webgpu.js";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const PAGE = here("../../docs/parity.md");
const MARK = "<!-- 1B -->";
const EMBEDDED = "tiny-codi";

interface Measured {
  readonly name: string;
  readonly engine: EngineInfo;
  readonly report: StageReport;
}

const options = {
  engine: { type: "string" },
  one: { type: "string" },
  fixture: { type: "string" },
  "1b": { type: "string" },
  python: { type: "string", default: "python3" },
} as const;
stopWhereLost("parity", options);
const { values } = parseArgs({ options });

/** In the child: measures one checkpoint (`--one`), or all with a committed fixture, on one engine. */
async function measure(engine: EngineName): Promise<Measured[]> {
  const all: Measured[] = [];
  const jobs =
    values.one === undefined
      ? [...MODELS, EMBEDDED].map((name) => ({
          name,
          folder: name === EMBEDDED ? here("../../weights/tiny-codi") : modelFolder(name),
          fixture: here(`../fixtures/parity/${name}`),
        }))
      : [{ name: "1B shape, random weights", folder: values.one, fixture: values.fixture ?? "" }];
  for (const { name, folder, fixture } of jobs) {
    using model = await CodiModel.load(folder, { engine });
    const report = await stageReport(model, fixture);
    all.push({ name, engine: model.engine, report });
  }
  return all;
}

function child(...args: string[]): Measured[] {
  const { status, stdout } = spawnSync(process.execPath, ["--import", "tsx", here("report.ts"), ...args], {
    encoding: "utf8",
    maxBuffer: 2 ** 26,
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, ...SOFTWARE_GPU },
  });
  if (status !== 0) throw new Error(`the measurement ${args.join(" ")} ended with ${status}`);
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Measured[];
}

function oneB(folder: string): Measured[] {
  const home = mkdtempSync(join(tmpdir(), "codilens-parity-"));
  try {
    const script = here("../fixtures/make/stages.py");
    const fixture = join(home, "1b");
    process.stderr.write("computing the reference in float32 and float64 …\n");
    const { status } = spawnSync(values.python, [script, folder, fixture, "--question", "x".repeat(62)], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    if (status !== 0) throw new Error(`${values.python} stages.py ended with ${status}`);
    return child("--engine", "native", "--one", folder, "--fixture", fixture);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

const number = (value: number): string => (value === 0 ? "0" : value.toExponential(1));
const share = ({ absolute, allowed }: { absolute: number; allowed: number }): string =>
  `${((100 * absolute) / allowed).toFixed(0)} %`;
const within = ({ report }: Measured): boolean =>
  report.promptEqual && report.wrongTokens === 0 && report.lines.every(({ absolute, allowed }) => absolute <= allowed);

/** One table for a checkpoint, engines side by side. */
function section(measured: readonly Measured[]): string[] {
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

/** What was measured of each engine, over all checkpoints. */
function engineTable(small: readonly Measured[]): string[] {
  const rows = ENGINE_NAMES.map((name) => {
    const mine = small.filter(({ engine }) => engine.name === name);
    const [first] = mine;
    if (first === undefined) return "";
    const lines = mine.flatMap(({ report }) => report.lines);
    const most = (of: (line: StageReport["lines"][number]) => number): number => Math.max(...lines.map(of));
    const isEqual = mine.every(({ report }) => report.answerEqual && report.wrongTokens === 0);
    const { version, adapter, device } = first.engine;
    return `| \`${name}\` | ${version} | ${adapter ?? device.toUpperCase()} | ${number(most(({ absolute }) => absolute))} | ${number(most(({ relative }) => relative))} | ${(100 * most(({ absolute, allowed }) => absolute / allowed)).toFixed(0)} % | ${isEqual ? "equal" : "not equal"} |`;
  });
  return [
    "## Engines",
    "",
    "All compute in float32, which each start checks on the engine itself. The largest differences over all stages and checkpoints below:",
    "",
    "| engine | version | computed on | absolute | relative | of the bound | answers |",
    "| --- | --- | --- | --- | --- | --- | --- |",
    ...rows.filter((row) => row !== ""),
    "",
    "A GPU's driver may round `exp`, `inverseSqrt` and division by a few units in the last place more than another's (WGSL allows 2 to 3, and `exp` more for large arguments), and fuse a product with a sum. So WebGPU's figures are those of the adapter named here.",
    "",
    "## Stage by stage",
    "",
  ];
}

function page(small: readonly Measured[], large: string): string {
  const versions = JSON.parse(readFileSync(here("../fixtures/parity/tiny-codi.json"), "utf8")) as {
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
    `The reference is transformers' own LLaMA in float32 inside a transcription of CODI's public description (\`test/fixtures/make/parity.py\`, \`stages.py\`). Its own float32–float64 difference is the **gap**. Demanded at each stage: at most ${GAP_FACTOR} × the gap (or ${GAP_FACTOR} units in the last place of the stage's largest value, where the gap is smaller by luck), and equal greedy tokens. \`blocks.L\` shows the block with the largest share of its bound.`,
    "",
    ...engineTable(small),
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

async function main(): Promise<void> {
  if (values.engine !== undefined) {
    const engine = ENGINE_NAMES.find((each) => each === values.engine) ?? "native";
    // By its callback, because Dawn's threads keep a process from ending by itself.
    process.stdout.write(`${JSON.stringify(await measure(engine))}\n`, () => process.exit(0));
    return;
  }
  const small = ENGINE_NAMES.flatMap((name) => child("--engine", name));
  const kept = existsSync(PAGE) ? (readFileSync(PAGE, "utf8").split(MARK)[1] ?? "") : "";
  const folder = values["1b"];
  const large = folder === undefined ? [] : oneB(folder);
  const text = large.length === 0 ? kept : section(large).join("\n");
  writeFileSync(PAGE, page(small, text.trim() === "" ? "The 1B shape was not run yet." : text));
  for (const each of [...small, ...large]) {
    const worst = [...each.report.lines].sort((a, b) => b.absolute / b.allowed - a.absolute / a.allowed)[0];
    process.stdout.write(
      `${within(each) ? "within" : "OUTSIDE"}  ${each.name}, ${each.engine.name}: ${each.report.sites} sites, worst ${worst?.stage ?? "?"} at ${worst === undefined ? "?" : share(worst)} of its bound; answer ${each.report.answerEqual ? "equal" : "not equal"}\n`,
    );
  }
  process.stdout.write(`written: docs/parity.md\n`);
  process.exitCode = [...small, ...large].every(within) ? 0 : 1;
}

await main();
