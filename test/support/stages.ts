/** Differences by stage: the same site of all blocks as one line, the worst of them shown. */

import { readFileSync } from "node:fs";
import { openSafetensors } from "../../src/model/checkpoint/safetensors.js";
import { filesFromBytes } from "../../src/model/checkpoint/source.js";
import type { CodiModel } from "../../src/model/codi/codi-model.js";
import type { RunResult } from "../../src/model/codi/run-types.js";
import type { SiteName } from "../../src/model/hooks/names.js";
import { widened } from "../../src/model/tensor/floats.js";
import { compare } from "./parity.js";

/** What `stages.py` and `parity.py` store beside their tensors. */
export interface StageFixture {
  readonly script: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly question: string;
  readonly prompt: readonly number[];
  readonly answer: readonly number[];
  readonly max_new_tokens: number;
  /** First position that is stored; 0 where it is left out. */
  readonly first_position?: number;
  /** Difference of the reference's two best logits at each answer token, where it was stored. */
  readonly margins?: readonly number[];
  readonly smallest_margin?: number;
  readonly gap: Readonly<Record<string, number>>;
}

/** One stage of one checkpoint. */
export interface StageLine {
  /** The site with `L` for the block. */
  readonly stage: string;
  /** Block with the largest share of its bound; null for sites outside the blocks. */
  readonly block: number | null;
  /** Largest absolute difference. */
  readonly absolute: number;
  /** The same over the site's largest value. */
  readonly relative: number;
  /** The reference's own float32–float64 gap. */
  readonly gap: number;
  readonly allowed: number;
}

/** What a comparison of one checkpoint gives. */
export interface StageReport {
  readonly lines: readonly StageLine[];
  readonly sites: number;
  readonly promptEqual: boolean;
  readonly answerEqual: boolean;
  /** Answer tokens that differ although the reference's two best logits are farther apart than its gap. */
  readonly wrongTokens: number;
  /** Answer tokens whose two best logits are closer than the gap. */
  readonly closeTokens: number;
}

/** @param path fixture without ending. */
export async function stageReport(model: CodiModel, path: string | URL): Promise<StageReport> {
  const base = String(path).replace(/^file:\/\//, "");
  const fixture = JSON.parse(readFileSync(`${base}.json`, "utf8")) as StageFixture;
  const file = await openSafetensors(
    await filesFromBytes("fixture", { f: readFileSync(`${base}.safetensors`) }).open("f"),
  );
  const sites = Object.keys(fixture.gap).filter((site) => site !== "logits") as SiteName[];
  const result = await model.run(fixture.question, {
    capture: [...sites, "hook_logits"],
    maxNewTokens: fixture.max_new_tokens,
    captureBudgetBytes: 2 ** 33,
  });
  const lines = new Map<string, StageLine>();
  for (const site of [...sites, "logits"] as const) {
    const reference = widened(await file.read(site));
    const line = lineOf(site, oursOf(result, site, fixture.first_position ?? 0), reference, fixture.gap[site] ?? 0);
    const before = lines.get(line.stage);
    if (before === undefined || line.absolute / line.allowed > before.absolute / before.allowed)
      lines.set(line.stage, line);
  }
  const gap = fixture.gap["logits"] ?? 0;
  const margins = fixture.margins ?? fixture.answer.map(() => fixture.smallest_margin ?? Number.POSITIVE_INFINITY);
  const different = fixture.answer.findIndex((id, i) => result.answer.ids[i] !== id);
  return {
    lines: [...lines.values()],
    sites: sites.length + 1,
    promptEqual: String(result.promptIds) === String(fixture.prompt),
    answerEqual: String(result.answer.ids) === String(fixture.answer),
    wrongTokens: different >= 0 && (margins[different] ?? 0) > gap ? 1 : 0,
    closeTokens: margins.filter((margin) => margin <= gap).length,
  };
}

function lineOf(site: string, ours: Float32Array, reference: Float32Array, gap: number): StageLine {
  const { found, allowed } = compare(site, ours, reference, gap);
  const block = /^blocks\.(\d+)\./.exec(site)?.[1];
  const largest = reference.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return {
    stage: site.replace(/^blocks\.\d+\./, "blocks.L."),
    block: block === undefined ? null : Number(block),
    absolute: found,
    relative: largest === 0 ? found : found / largest,
    gap,
    allowed,
  };
}

/** Our values where the fixture has its own. */
function oursOf(result: RunResult, site: SiteName | "logits", first: number): Float32Array {
  const { captures, layout, answer } = result;
  if (site === "logits") {
    const { data, shape } = captures.get("hook_logits");
    const vocab = shape[2] ?? 0;
    const from = (layout.find({ part: "eot", index: layout.parts.eot - 1 }) ?? 0) * vocab;
    return data.slice(from, from + answer.ids.length * vocab);
  }
  const { data, shape } = captures.get(site);
  if (first === 0 || site.startsWith("latents.") || site.startsWith("prj.")) return data;
  if (site.endsWith("hook_pattern")) {
    const [, heads = 0, queries = 0, keys = 0] = shape;
    const rows = Array.from({ length: heads }, (_, head) =>
      data.slice((head * queries + first) * keys, (head + 1) * queries * keys),
    );
    return Float32Array.from(rows.flatMap((row) => [...row]));
  }
  return data.slice((first * data.length) / (shape[1] ?? 1));
}
