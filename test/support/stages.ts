/** Differences by stage: the same site of all blocks as one line, the worst of them shown. */

import type { CodiModel } from "../../src/model/latent/codi-model.js";
import { type ComparedFixture, type Difference, differences, readFixtureAt } from "./parity.js";

/** What `stages.py` and `parity.py` store beside their tensors. */
export interface StageFixture extends ComparedFixture {
  readonly script: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly prompt: readonly number[];
  readonly answer: readonly number[];
  /** Difference of the reference's two best logits at each answer token, where it was stored. */
  readonly margins?: readonly number[];
  readonly smallest_margin?: number;
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
export async function stageReport(model: CodiModel, path: string): Promise<StageReport> {
  const opened = await readFixtureAt<StageFixture>(path);
  const { fixture } = opened;
  const { all, result } = await differences(model, opened);
  const lines = new Map<string, StageLine>();
  for (const line of all.map(lineOf)) {
    const before = lines.get(line.stage);
    if (before === undefined || line.absolute / line.allowed > before.absolute / before.allowed)
      lines.set(line.stage, line);
  }
  const gap = fixture.gap["logits"] ?? 0;
  const margins = fixture.margins ?? fixture.answer.map(() => fixture.smallest_margin ?? Number.POSITIVE_INFINITY);
  const different = fixture.answer.findIndex((id, i) => result.answer.ids[i] !== id);
  return {
    lines: [...lines.values()],
    sites: all.length,
    promptEqual: String(result.promptIds) === String(fixture.prompt),
    answerEqual: String(result.answer.ids) === String(fixture.answer),
    wrongTokens: different >= 0 && (margins[different] ?? 0) > gap ? 1 : 0,
    closeTokens: margins.filter((margin) => margin <= gap).length,
  };
}

function lineOf({ site, found, largest, gap, allowed }: Difference): StageLine {
  const block = /^blocks\.(\d+)\./.exec(site)?.[1];
  return {
    stage: site.replace(/^blocks\.\d+\./, "blocks.L."),
    block: block === undefined ? null : Number(block),
    absolute: found,
    relative: largest === 0 ? found : found / largest,
    gap,
    allowed,
  };
}
