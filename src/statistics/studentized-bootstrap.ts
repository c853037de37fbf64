/** Studentised cluster bootstrap: each draw is measured in units of its own standard error (Efron and Tibshirani 1993, 12.5). */

import { type BootstrapInterval, DRAWS, FEWEST_PROBLEMS, tooFew } from "./clustered-bootstrap.js";
import { addDrawn, type DrawnBlock, sumsOf } from "./drawn-totals.js";
import { BLOCK, type Counts, eachBlockOfDraws } from "./draws.js";
import { quantileOf, ranked } from "./order-statistics.js";

/** A statistic of sums over clusters that knows its gradient, and so its standard error in every sample. */
export interface SmoothStatistic {
  /** `[cluster, width]`. */
  readonly sums: Float64Array;
  readonly width: number;
  /** Value of a total; its gradient goes into `gradient` `[width]`. The value must not change when all sums double. */
  readonly evaluate: (total: Float64Array, gradient: Float64Array) => number | null;
}

/**
 * Interval on Fisher's z scale for a correlation, on its own for anything else.
 *
 * Where r nears ±1, or a draw has no spread between clusters, the draw counts as undefined.
 * @example
 * ```ts
 * // The mean of one value a problem, as a function of the sums [values, problems].
 * const sums = Float64Array.from([0.2, 0.4, 0.4, 0.6, 0.9].flatMap((x) => [x, 1]));
 * const mean = ([sum = 0, n = 1]: Float64Array, gradient: Float64Array) => {
 *   gradient.set([1 / n, -sum / n ** 2]);
 *   return sum / n;
 * };
 * const interval = studentizedBootstrap(5, { sums, width: 2, evaluate: mean }, { seed: 1, scale: "plain" });
 * interval.kind === "value" && interval.value; // → 0.5
 * ```
 */
export function studentizedBootstrap(
  clusters: number,
  statistic: SmoothStatistic,
  options: { readonly seed: number; readonly draws?: number; readonly scale: "fisher" | "plain" },
): BootstrapInterval {
  if (clusters < FEWEST_PROBLEMS) return tooFew(clusters);
  const fisher = options.scale === "fisher";
  const [value, error] = withError(clusters, statistic, fisher)(new Uint16Array(clusters).fill(1)) ?? [];
  if (value === undefined || error === undefined)
    return { kind: "undefined", reason: "the data give no value with an error" };
  const draws = options.draws ?? DRAWS;
  const ratios = new Float64Array(draws);
  let defined = 0;
  const eachWithError = blocksWithError(clusters, statistic, fisher);
  eachBlockOfDraws(clusters, { draws, seed: options.seed }, (counts, many) => {
    eachWithError({ counts, many, size: clusters }, (drawnValue, drawnError) => {
      ratios[defined++] = (drawnValue - value) / drawnError;
    });
  });
  if (defined * 2 <= draws) return { kind: "undefined", reason: "most bootstrap draws have no value" };
  const byRank = ranked(ratios.subarray(0, defined));
  const back = (z: number): number => (fisher ? Math.tanh(z) : z);
  return {
    kind: "value",
    value: back(value),
    low: back(value - quantileOf(byRank, 0.975) * error),
    high: back(value - quantileOf(byRank, 0.025) * error),
    method: "studentized",
    clusters,
    draws,
    undefinedDraws: draws - defined,
  };
}

/** Value and standard error of a sample, on the scale of the interval; null where one of them is not defined. */
export function withError(
  clusters: number,
  statistic: SmoothStatistic,
  fisher: boolean,
): (counts: Counts) => readonly [number, number] | null {
  const eachWithError = blocksWithError(clusters, statistic, fisher);
  return (counts) => {
    let found: readonly [number, number] | null = null;
    eachWithError({ counts, many: 1 }, (value, error) => {
      found = [value, error];
    });
    return found;
  };
}

/** The same for each draw of a block that has both. */
function blocksWithError(
  clusters: number,
  { sums, width, evaluate }: SmoothStatistic,
  fisher: boolean,
): (block: DrawnBlock, visit: (value: number, error: number) => void) => void {
  const columns = sumsOf(sums, width);
  const totals = new Float64Array(BLOCK * width);
  const total = new Float64Array(width);
  const gradient = new Float64Array(width);
  return (block, visit) => {
    addDrawn(columns, block, totals);
    for (let draw = 0; draw < block.many; draw++) {
      for (let column = 0; column < width; column++) total[column] = totals[draw * width + column] ?? 0;
      const value = evaluate(total, gradient);
      if (value === null || (fisher && Math.abs(value) > 1 - 1e-9)) continue;
      const squares = squaredPulls(sums, {
        gradient,
        counts: block.counts.subarray(draw * clusters, (draw + 1) * clusters),
      });
      const error = Math.sqrt((squares * clusters) / (clusters - 1));
      if (!(error > 1e-12)) continue;
      if (fisher) visit(Math.atanh(value), error / (1 - value * value));
      else visit(value, error);
    }
  };
}

/** Sum over the drawn clusters of the statistic's derivative along each, squared; over all drawn ones the derivatives add to 0. */
function squaredPulls(
  sums: Float64Array,
  { gradient, counts }: { readonly gradient: Float64Array; readonly counts: Counts },
): number {
  const width = gradient.length;
  const clusters = counts.length;
  let squares = 0;
  let cluster = 0;
  // Four clusters at a time: their sums do not wait for each other.
  for (; cluster + 3 < clusters; cluster += 4) {
    const at = cluster * width;
    let p0 = 0;
    let p1 = 0;
    let p2 = 0;
    let p3 = 0;
    for (let column = 0; column < width; column++) {
      const slope = gradient[column] ?? 0;
      p0 += slope * (sums[at + column] ?? 0);
      p1 += slope * (sums[at + width + column] ?? 0);
      p2 += slope * (sums[at + 2 * width + column] ?? 0);
      p3 += slope * (sums[at + 3 * width + column] ?? 0);
    }
    squares += (counts[cluster] ?? 0) * (p0 * p0);
    squares += (counts[cluster + 1] ?? 0) * (p1 * p1);
    squares += (counts[cluster + 2] ?? 0) * (p2 * p2);
    squares += (counts[cluster + 3] ?? 0) * (p3 * p3);
  }
  for (; cluster < clusters; cluster++) {
    let pull = 0;
    for (let column = 0; column < width; column++)
      pull += (gradient[column] ?? 0) * (sums[cluster * width + column] ?? 0);
    squares += (counts[cluster] ?? 0) * (pull * pull);
  }
  return squares;
}
