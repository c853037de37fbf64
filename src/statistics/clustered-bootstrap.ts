/** Cluster bootstrap: problems are drawn with replacement and keep all their rows. Percentile interval or BCa (Efron 1987). */

import { addDrawn, type Sums, sumsOf } from "./drawn-totals.js";
import { BLOCK, type Counts, eachBlockOfDraws, eachDraw } from "./draws.js";
import { normalBelow, normalQuantile } from "./gamma-distribution.js";
import { quantileOf, type Ranked, ranked } from "./order-statistics.js";

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
export interface SampleStatistic {
  (counts: Counts): number | null;
  /** Where all it needs are sums over the clusters drawn, these are added up for many draws at once. */
  readonly fromSums?: SumsStatistic;
}

/** The same value out of totals. */
interface SumsStatistic {
  readonly sums: Sums;
  /** Writes the values of those that have one, from a place on. @param totals `[draw, width]`. @returns the place after the last. */
  readonly write: (
    totals: Float64Array,
    many: number,
    to: { readonly values: Float64Array; readonly at: number },
  ) => number;
}

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
  const drawn = (times: number, before?: Drawn): Drawn => {
    const values = drawnValues(clusters, statistic, { draws: times, seed: options.seed, before });
    const byRank = ranked(values);
    return { draws: times, values, byRank, tails: bcaTails(value, byRank, { left, tail }) };
  };
  const usual = drawn(draws);
  if (usual.values.length * 2 <= draws) return { kind: "undefined", reason: "most bootstrap draws have no value" };
  const used = beyond(usual) < FEWEST_BEYOND ? drawn(MORE_DRAWS * draws, usual) : usual;
  const tails = used !== usual && beyond(used) < FEWEST_OF_MANY ? null : used.tails;
  const [low, high] = tails ?? [tail, 1 - tail];
  return {
    kind: "value",
    value,
    low: quantileOf(used.byRank, low),
    high: quantileOf(used.byRank, high),
    method: tails === null ? "percentile" : "bca",
    clusters,
    draws: used.draws,
    undefinedDraws: used.draws - used.values.length,
  };
}

interface Drawn {
  readonly draws: number;
  /** In the order of the draws; without those that have none. */
  readonly values: Float64Array;
  readonly byRank: Ranked;
  /** Of BCa; null where it is not asked for or not defined. */
  readonly tails: readonly [number, number] | null;
}

/** How many draws lie beyond the rarer of the two ends. */
function beyond({ values, tails }: Drawn): number {
  return tails === null ? Number.POSITIVE_INFINITY : Math.min(tails[0], 1 - tails[1]) * values.length;
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
  const columns = sumsOf(sums, width);
  const total = new Float64Array(width);
  const ofCounts = (counts: Counts): number | null => {
    addDrawn(columns, { counts, many: 1 }, total);
    return value(total);
  };
  const write: SumsStatistic["write"] = (totals, many, { values, at }) => {
    let to = at;
    for (let draw = 0; draw < many; draw++) {
      for (let column = 0; column < width; column++) total[column] = totals[draw * width + column] ?? 0;
      const found = value(total);
      if (found !== null) values[to++] = found;
    }
    return to;
  };
  return Object.assign(ofCounts, { fromSums: { sums: columns, write } });
}

/** The mean of one value a cluster. */
export function ofMean(values: ArrayLike<number>): SampleStatistic {
  const sums = Float64Array.from({ length: 2 * values.length }, (_, at) => (at % 2 === 0 ? (values[at / 2] ?? 0) : 1));
  const mean = ofSums(sums, 2, (total) => ((total[1] ?? 0) === 0 ? null : (total[0] ?? 0) / (total[1] ?? 1)));
  return Object.assign(mean, { fromSums: { sums: sumsOf(sums, 2), write: writeMeans } });
}

// No number leaves its array on the way: means are what is asked for most.
const writeMeans: SumsStatistic["write"] = (totals, many, { values, at }) => {
  let to = at;
  for (let draw = 0; draw < many; draw++) {
    const n = totals[2 * draw + 1] ?? 0;
    if (n !== 0) values[to++] = (totals[2 * draw] ?? 0) / n;
  }
  return to;
};

/** The statistic of every draw that has one, ascending. */
export function bootstrapValues(
  clusters: number,
  statistic: SampleStatistic,
  options: { readonly draws: number; readonly seed: number },
): Float64Array {
  return drawnValues(clusters, statistic, options).sort();
}

/** The same in the order of the draws. @param before of the first ones, which are not computed again. */
function drawnValues(
  clusters: number,
  statistic: SampleStatistic,
  { draws, seed, before }: { readonly draws: number; readonly seed: number; readonly before?: Drawn | undefined },
): Float64Array {
  const values = new Float64Array(draws);
  values.set(before?.values ?? []);
  let at = before?.values.length ?? 0;
  const drawing = { draws, seed, from: before?.draws ?? 0 };
  const { fromSums } = statistic;
  if (fromSums === undefined)
    eachDraw(clusters, drawing, (counts) => {
      const value = statistic(counts);
      if (value !== null) values[at++] = value;
    });
  else {
    const totals = new Float64Array(BLOCK * fromSums.sums.width);
    eachBlockOfDraws(clusters, drawing, (counts, many) => {
      addDrawn(fromSums.sums, { counts, many, size: clusters }, totals);
      at = fromSums.write(totals, many, { values, at });
    });
  }
  return values.subarray(0, at);
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
 * @param drawn values of the draws.
 * @returns null where it is not defined: no jackknife, no spread, or all draws on one side of the value.
 */
export function bcaTails(
  value: number,
  drawn: Ranked,
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
  const tie = 1e-12 * Math.max(Math.abs(value), Math.abs(drawn.least), Math.abs(drawn.most));
  const share = (drawn.upTo(value - tie) + drawn.upTo(value + tie)) / (2 * drawn.length);
  if (share <= 0 || share >= 1) return null;
  const bias = normalQuantile(share);
  const adjusted = (z: number): number => normalBelow(bias + (bias + z) / (1 - acceleration * (bias + z)));
  const z = normalQuantile(tail);
  return [adjusted(z), adjusted(-z)];
}
