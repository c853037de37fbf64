/** Cluster bootstrap: problems are drawn with replacement and keep all their rows. Percentile interval or BCa (Efron 1987). */

import { type Counts, eachDraw } from "./draws.js";
import { normalBelow, normalQuantile } from "./gamma-distribution.js";

/** Fewest draws of an interval that is given out. */
export const DRAWS = 5000;

/** Times as many draws where BCa asks for a quantile with hardly a draw beyond it. */
export const MORE_DRAWS = 8;

// Draws beyond an end: with fewer the end hangs on single draws, and more are drawn; with fewer than these of the many, it still does.
const FEWEST_BEYOND = 20;
const FEWEST_OF_MANY = 10;

/** Below this the acceleration and the tails of BCa rest on too few clusters, and the percentile interval is given. */
export const FEWEST_FOR_BCA = 20;

/** The unit that is resampled is the problem: the twelve rows of two problems say little more than two rows. */
export const FEWEST_PROBLEMS = 3;

/** Value of a sample in which cluster i stands `counts[i]` times; null where it has none. */
export type SampleStatistic = (counts: Counts) => number | null;

/** The value of the data with its 95 % interval, or why there is none. */
export type BootstrapInterval =
  | {
      readonly kind: "value";
      readonly value: number;
      readonly low: number;
      readonly high: number;
      readonly method: "percentile" | "bca" | "studentized";
      readonly clusters: number;
      readonly draws: number;
      /** Draws in which the statistic had no value; they are left out. */
      readonly undefinedDraws: number;
    }
  | { readonly kind: "undefined"; readonly reason: string };

/** How to draw; BCa is given where there are clusters enough. */
export interface BootstrapOptions {
  readonly seed: number;
  readonly draws?: number;
  readonly method?: "percentile" | "bca";
  readonly level?: number;
}

/**
 * @param clusters how many there are.
 *
 * @param statistic called once a draw; `counts` is reused between calls.
 * @example
 * ```ts
 * const perProblem = [1, 0, 1, 1, 0, 1, 0, 1];
 * const share = (counts: ArrayLike<number>) =>
 *   perProblem.reduce((sum, x, problem) => sum + x * (counts[problem] ?? 0), 0) / perProblem.length;
 * const interval = clusteredBootstrap(perProblem.length, share, { seed: 1 });
 * interval.kind === "value" && [interval.low, interval.value, interval.high]; // → [ 0.25, 0.625, 0.875 ]
 * ```
 */
export function clusteredBootstrap(
  clusters: number,
  statistic: SampleStatistic,
  options: BootstrapOptions,
): BootstrapInterval {
  if (clusters < FEWEST_PROBLEMS) return tooFew(clusters);
  const value = statistic(new Uint16Array(clusters).fill(1));
  if (value === null) return { kind: "undefined", reason: "the data give no value" };
  const draws = options.draws ?? DRAWS;
  const tail = (1 - (options.level ?? 0.95)) / 2;
  const method = options.method ?? bootstrapMethod(clusters);
  const left = method === "bca" ? jackknife(clusters, statistic) : null;
  const drawn = (times: number): Drawn => {
    const sorted = bootstrapValues(clusters, statistic, { draws: times, seed: options.seed });
    return { draws: times, sorted, tails: bcaTails(value, sorted, { left, tail }) };
  };
  const usual = drawn(draws);
  if (usual.sorted.length * 2 <= draws) return { kind: "undefined", reason: "most bootstrap draws have no value" };
  const used = beyond(usual) < FEWEST_BEYOND ? drawn(MORE_DRAWS * draws) : usual;
  const tails = used !== usual && beyond(used) < FEWEST_OF_MANY ? null : used.tails;
  const [low, high] = tails ?? [tail, 1 - tail];
  return {
    kind: "value",
    value,
    low: quantile(used.sorted, low),
    high: quantile(used.sorted, high),
    method: tails === null ? "percentile" : "bca",
    clusters,
    draws: used.draws,
    undefinedDraws: used.draws - used.sorted.length,
  };
}

interface Drawn {
  readonly draws: number;
  readonly sorted: Float64Array;
  /** Of BCa; null where it is not asked for or not defined. */
  readonly tails: readonly [number, number] | null;
}

/** How many draws lie beyond the rarer of the two ends. */
function beyond({ sorted, tails }: Drawn): number {
  return tails === null ? Number.POSITIVE_INFINITY : Math.min(tails[0], 1 - tails[1]) * sorted.length;
}

/** The interval that is given where none is asked for. */
export function bootstrapMethod(clusters: number): "percentile" | "bca" {
  return clusters >= FEWEST_FOR_BCA ? "bca" : "percentile";
}

/** Why nothing is said of fewer than three problems. */
export function tooFew(problems: number): { readonly kind: "undefined"; readonly reason: string } {
  return { kind: "undefined", reason: `${problems} problems, at least ${FEWEST_PROBLEMS} are needed` };
}

/** A statistic of sums over clusters. @param sums `[cluster, width]`. @param value of the drawn clusters' total `[width]`. */
export function ofSums(
  sums: Float64Array,
  width: number,
  value: (total: Float64Array) => number | null,
): SampleStatistic {
  const columns = byColumn(sums, width);
  const total = new Float64Array(width);
  return (counts) => {
    addDrawn(columns, counts, total);
    return value(total);
  };
}

/** `[cluster, width]` turned to `[width, cluster]`. */
export function byColumn(sums: Float64Array, width: number): Float64Array {
  const clusters = sums.length / width;
  return Float64Array.from({ length: sums.length }, (_, at) => {
    const [column, cluster] = [Math.floor(at / clusters), at % clusters];
    return sums[cluster * width + column] ?? 0;
  });
}

/** Total of the drawn clusters, column after column: each sum stays in a register. */
export function addDrawn(columns: Float64Array, counts: Counts, total: Float64Array): void {
  const clusters = counts.length;
  for (let column = 0, at = 0; column < total.length; column++) {
    let sum = 0;
    for (let cluster = 0; cluster < clusters; cluster++, at++) sum += (counts[cluster] ?? 0) * (columns[at] ?? 0);
    total[column] = sum;
  }
}

/** The mean of one value a cluster. */
export function ofMean(values: ArrayLike<number>): SampleStatistic {
  const sums = Float64Array.from({ length: 2 * values.length }, (_, at) => (at % 2 === 0 ? (values[at / 2] ?? 0) : 1));
  return ofSums(sums, 2, (total) => ((total[1] ?? 0) === 0 ? null : (total[0] ?? 0) / (total[1] ?? 1)));
}

/** The statistic of every draw that has one, ascending. */
export function bootstrapValues(
  clusters: number,
  statistic: SampleStatistic,
  { draws, seed }: { readonly draws: number; readonly seed: number },
): Float64Array {
  const values = new Float64Array(draws);
  let defined = 0;
  eachDraw(clusters, { draws, seed }, (counts) => {
    const value = statistic(counts);
    if (value !== null) values[defined++] = value;
  });
  return values.subarray(0, defined).sort();
}

/** The statistic without each cluster in turn; null where one of them has no value. */
export function jackknife(clusters: number, statistic: SampleStatistic): Float64Array | null {
  const counts = new Uint16Array(clusters).fill(1);
  const values = new Float64Array(clusters);
  for (let left = 0; left < clusters; left++) {
    counts[left] = 0;
    const value = statistic(counts);
    counts[left] = 1;
    if (value === null) return null;
    values[left] = value;
  }
  return values;
}

/**
 * Tail probabilities of the BCa interval (Efron and Tibshirani 1993, 14.3); ties count by half, as in SciPy.
 *
 * @returns null where it is not defined: no jackknife, no spread, or all draws on one side of the value.
 */
export function bcaTails(
  value: number,
  sorted: Float64Array,
  { left, tail }: { readonly left: Float64Array | null; readonly tail: number },
): readonly [number, number] | null {
  if (left === null) return null;
  const mean = left.reduce((sum, each) => sum + each, 0) / left.length;
  const squares = left.reduce((sum, each) => sum + (mean - each) ** 2, 0);
  const cubes = left.reduce((sum, each) => sum + (mean - each) ** 3, 0);
  // What rounding leaves of values that are all the same.
  if (squares <= left.length * (1e-13 * mean) ** 2) return null;
  const acceleration = cubes / (6 * squares ** 1.5);
  // The same rows summed in another order differ by rounding.
  const tie = 1e-12 * Math.max(Math.abs(value), Math.abs(sorted[0] ?? 0), Math.abs(sorted.at(-1) ?? 0));
  const share = (countUpTo(sorted, value - tie) + countUpTo(sorted, value + tie)) / (2 * sorted.length);
  if (share <= 0 || share >= 1) return null;
  const bias = normalQuantile(share);
  const adjusted = (z: number): number => normalBelow(bias + (bias + z) / (1 - acceleration * (bias + z)));
  const z = normalQuantile(tail);
  return [adjusted(z), adjusted(-z)];
}

function countUpTo(sorted: Float64Array, bar: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) <= bar) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Linear-interpolated quantile of sorted values (R type 7, NumPy's default). */
export function quantile(sorted: ArrayLike<number>, q: number): number {
  const place = (sorted.length - 1) * q;
  const below = Math.floor(place);
  const low = sorted[below] ?? 0;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] ?? low;
  return low + (high - low) * (place - below);
}
