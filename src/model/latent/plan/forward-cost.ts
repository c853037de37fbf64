/** What a forward costs beside its cells. Nothing is measured, so that all machines plan alike. */

import type { DecoderConfig } from "../../decoder/config.js";
import { familyOf } from "../../decoder/families.js";

/** Two cores that are slower than most. A faster machine only ends sooner: what counts here is the ratio of these numbers. */
export const SLOW_MACHINE = { flops: 1.5e11, bytesASecond: 2e10, blockSeconds: 1e-3 } as const;
// What a cell takes in a block beside the products with its weights.
const CELL_SECONDS = 5e-6;

/** Weights of one block. */
export function blockWeights({ family, dModel, dMlp, heads, kvHeads, dHead }: DecoderConfig): number {
  return dModel * (2 * heads * dHead + 2 * kvHeads * dHead + familyOf(family).mlpMatrices * dMlp);
}

/** Cells that take as long as beginning a forward does: every weight is read once, and every block takes a moment. */
function forwardCells(config: DecoderConfig): number {
  const { flops, bytesASecond, blockSeconds } = SLOW_MACHINE;
  const weights = blockWeights(config);
  return ((4 * weights) / bytesASecond + blockSeconds) / ((2 * weights) / flops + CELL_SECONDS);
}

/** Cells through all blocks that cost as much as one block's beginning: what rows that part at a height of their own cost. */
export function levelCells(config: DecoderConfig): number {
  return forwardCells(config) / config.layers;
}

/** How rows of several lengths are cut into forwards. */
export interface StretchLimits {
  /** Cells of one forward. */
  readonly mostCells: number;
  /** Cells that a further forward costs. */
  readonly forwardCells: number;
}

/** Limits of a model's forwards. @param mostCells that may pass at once. */
export function stretchLimits(config: DecoderConfig, mostCells: number): StretchLimits {
  return { mostCells, forwardCells: forwardCells(config) };
}

/**
 * Cuts rows into stretches that are each padded to their longest: as few padded cells and forwards as can be.
 *
 * @param lengths ascending. @returns how many rows each stretch has.
 */
export function stretchesOf(lengths: readonly number[], { mostCells, forwardCells: each }: StretchLimits): number[] {
  const best: { cost: number; from: number }[] = [{ cost: 0, from: 0 }];
  for (let end = 1; end <= lengths.length; end++) {
    const longest = lengths[end - 1] ?? 0;
    let found = { cost: Number.POSITIVE_INFINITY, from: end - 1 };
    for (let from = end - 1; from >= 0; from--) {
      const cells = (end - from) * longest;
      // One row alone goes, however long it is.
      if (cells > mostCells && from < end - 1) break;
      const cost = (best[from]?.cost ?? 0) + each + cells;
      if (cost < found.cost) found = { cost, from };
    }
    best.push(found);
  }
  const sizes: number[] = [];
  for (let end = lengths.length; end > 0; end = best[end]?.from ?? 0) sizes.unshift(end - (best[end]?.from ?? 0));
  return sizes;
}

/** Cuts values into stretches by their lengths. @param values shortest first. */
export function inStretches<T>(values: readonly T[], lengthOf: (value: T) => number, limits: StretchLimits): T[][] {
  let begin = 0;
  return stretchesOf(values.map(lengthOf), limits).map((size) => {
    begin += size;
    return values.slice(begin - size, begin);
  });
}
