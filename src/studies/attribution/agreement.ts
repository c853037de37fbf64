/** How well predicted effects agree with patched ones: r, slope and signs over the cells of all pairs, intervals over pairs. */

import { ofClusters } from "../../exhibits/headline.js";
import { clusteredBootstrap, FEWEST_PROBLEMS, ofSums } from "../../statistics/clustered-bootstrap.js";
import type { Estimate } from "../../statistics/estimate.js";

/** How effects are predicted, in the order in which they are shown. */
export const WAYS = ["gradient", "integrated"] as const;
/** One of them. */
export type Way = (typeof WAYS)[number];

/** A cell, patched and predicted. Effects: 0 none, 1 all the way to the other run. */
export interface Predicted {
  readonly patched: number;
  readonly predicted: Readonly<Record<Way, number>>;
}

/** Predicted beside patched. */
export interface Agreement {
  /** Cells of all pairs. */
  readonly cells: number;
  /** Pearson's, over all cells of all pairs. */
  readonly r: Estimate;
  /** Of the line that gives the predicted effect from the patched one: 1 is the right size. */
  readonly slope: Estimate;
  /** Mean of |predicted − patched|. */
  readonly error: Estimate;
  /** Of the cells that patching moves at least `MOVES`, the share whose predicted sign is right. */
  readonly signs: Estimate;
}

/** The sign of a smaller effect is not asked for. */
export const MOVES = 0.01;

// n, Σx, Σy, Σxx, Σyy, Σxy, Σ|y − x|, cells that move, signs that are right.
const WIDTH = 9;

/** @param pairs the cells of each. */
export function agreementOf(
  pairs: readonly (readonly Predicted[])[],
  { way, seed }: { readonly way: Way; readonly seed: number },
): Agreement {
  const sums = new Float64Array(WIDTH * pairs.length);
  for (const [place, cells] of pairs.entries())
    for (const { patched: x, predicted } of cells) {
      const y = predicted[way];
      const moves = Math.abs(x) >= MOVES;
      const parts = [1, x, y, x * x, y * y, x * y, Math.abs(y - x), moves ? 1 : 0, moves && x * y > 0 ? 1 : 0];
      for (const [i, part] of parts.entries()) sums[WIDTH * place + i] = (sums[WIDTH * place + i] ?? 0) + part;
    }
  const of = (value: (total: Float64Array) => number | null): Estimate => estimate(sums, pairs.length, { value, seed });
  return {
    cells: pairs.reduce((sum, cells) => sum + cells.length, 0),
    r: of((total) => {
      const { xx, yy, xy } = moments(total);
      return xx <= 0 || yy <= 0 ? null : xy / Math.sqrt(xx * yy);
    }),
    slope: of((total) => {
      const { xx, xy } = moments(total);
      return xx <= 0 ? null : xy / xx;
    }),
    error: of(([n = 0, , , , , , error = 0]) => (n === 0 ? null : error / n)),
    signs: of(([, , , , , , , moves = 0, right = 0]) => (moves === 0 ? null : right / moves)),
  };
}

function moments([n = 0, x = 0, y = 0, xx = 0, yy = 0, xy = 0]: Float64Array): { xx: number; yy: number; xy: number } {
  if (n < 2) return { xx: 0, yy: 0, xy: 0 };
  const left = (squares: number, product: number): number => {
    const spread = squares - product / n;
    // What rounding leaves of values that are all the same.
    return spread <= 1e-12 * squares ? 0 : spread;
  };
  return { xx: left(xx, x * x), yy: left(yy, y * y), xy: xy - (x * y) / n };
}

function estimate(
  sums: Float64Array,
  pairs: number,
  { value, seed }: { readonly value: (total: Float64Array) => number | null; readonly seed: number },
): Estimate {
  const statistic = ofSums(sums, WIDTH, value);
  if (pairs >= FEWEST_PROBLEMS) return ofClusters(clusteredBootstrap(pairs, statistic, { seed }));
  const own = pairs === 0 ? null : statistic(new Uint16Array(pairs).fill(1));
  if (own === null) return { kind: "undefined", reason: "there are no such cells, or they are all the same" };
  return { kind: "value", value: own, low: null, high: null, n: pairs };
}
