/** Folds of whole problems, drawn several times: one draw can be far out where problems are few, its median over draws is not. */

import { quantile } from "./order-statistics.js";
import { randomSource, shuffle } from "./random-source.js";

/** What R² is under other folds. */
export interface FoldDraws {
  /** R² of each draw, in their order. */
  readonly r2: readonly number[];
  /** Index of the draw that has the median; equal ones stand in their order. */
  readonly median: number;
  readonly least: number;
  /** Linear quantiles. */
  readonly quartiles: readonly [number, number];
  readonly greatest: number;
  /** False where the middle half of the draws spans more than `WIDEST`: such an R² is not to be relied on. */
  readonly isSteady: boolean;
}

/** Of R², between the quartiles of the draws. */
export const WIDEST = 0.2;

/**
 * Fold of each problem in each draw, as even as can be. One stream serves all draws: draw after draw the problems' order is
 * shuffled anew, from the first to the last, and a problem's fold is its place modulo the number of folds.
 * @example
 * ```ts
 * const [draw] = foldDraws(6, { folds: 3, draws: 1, seed: 1 });
 * [0, 1, 2].map((fold) => draw?.filter((each) => each === fold).length); // → [ 2, 2, 2 ]
 * ```
 */
export function foldDraws(
  problems: number,
  { folds, draws, seed }: { readonly folds: number; readonly draws: number; readonly seed: number },
): Int32Array[] {
  const random = randomSource(seed);
  return Array.from({ length: draws }, () => {
    const order = Int32Array.from({ length: problems }, (_, i) => i);
    shuffle(order, random);
    const fold = new Int32Array(problems);
    for (const [place, problem] of order.entries()) fold[problem] = place % folds;
    return fold;
  });
}

/** @param r2 of every draw, an odd number of them. */
export function spreadOf(r2: readonly number[]): FoldDraws {
  const order = r2.map((_, draw) => draw).sort((a, b) => (r2[a] ?? 0) - (r2[b] ?? 0));
  const sorted = order.map((draw) => r2[draw] ?? 0);
  const quartiles = [quantile(sorted, 0.25), quantile(sorted, 0.75)] as const;
  return {
    r2,
    median: order[(order.length - 1) >> 1] ?? 0,
    least: sorted[0] ?? 0,
    quartiles,
    greatest: sorted.at(-1) ?? 0,
    isSteady: quartiles[1] - quartiles[0] <= WIDEST,
  };
}
