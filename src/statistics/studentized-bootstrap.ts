/** Studentised cluster bootstrap: each draw is measured in units of its own standard error (Efron and Tibshirani 1993, 12.5). */

import {
  addDrawn,
  type BootstrapInterval,
  byColumn,
  DRAWS,
  FEWEST_PROBLEMS,
  quantile,
  tooFew,
} from "./clustered-bootstrap.js";
import { type Counts, eachDraw } from "./draws.js";

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
  const sampled = withError(clusters, statistic, options.scale === "fisher");
  const [value, error] = sampled(new Uint16Array(clusters).fill(1)) ?? [];
  if (value === undefined || error === undefined)
    return { kind: "undefined", reason: "the data give no value with an error" };
  const draws = options.draws ?? DRAWS;
  const ratios = new Float64Array(draws);
  let defined = 0;
  eachDraw(clusters, { draws, seed: options.seed }, (drawn) => {
    const found = sampled(drawn);
    if (found !== null) ratios[defined++] = (found[0] - value) / found[1];
  });
  if (defined * 2 <= draws) return { kind: "undefined", reason: "most bootstrap draws have no value" };
  const sorted = ratios.subarray(0, defined).sort();
  const back = (z: number): number => (options.scale === "fisher" ? Math.tanh(z) : z);
  return {
    kind: "value",
    value: back(value),
    low: back(value - quantile(sorted, 0.975) * error),
    high: back(value - quantile(sorted, 0.025) * error),
    method: "studentized",
    clusters,
    draws,
    undefinedDraws: draws - defined,
  };
}

/** Value and standard error of a sample, on the scale of the interval; null where one of them is not defined. */
export function withError(
  clusters: number,
  { sums, width, evaluate }: SmoothStatistic,
  fisher: boolean,
): (counts: Counts) => readonly [number, number] | null {
  const total = new Float64Array(width);
  const gradient = new Float64Array(width);
  const columns = byColumn(sums, width);
  const pull = new Float64Array(clusters);
  return (counts) => {
    addDrawn(columns, counts, total);
    const value = evaluate(total, gradient);
    if (value === null || (fisher && Math.abs(value) > 1 - 1e-9)) return null;
    // The statistic's derivative along each cluster; over all drawn ones these add to 0.
    pull.fill(0);
    for (let column = 0, at = 0; column < width; column++) {
      const slope = gradient[column] ?? 0;
      for (let cluster = 0; cluster < clusters; cluster++, at++)
        pull[cluster] = (pull[cluster] ?? 0) + slope * (columns[at] ?? 0);
    }
    let squares = 0;
    for (let cluster = 0; cluster < clusters; cluster++) squares += (counts[cluster] ?? 0) * (pull[cluster] ?? 0) ** 2;
    const error = Math.sqrt((squares * clusters) / (clusters - 1));
    if (!(error > 1e-12)) return null;
    return fisher ? [Math.atanh(value), error / (1 - value * value)] : [value, error];
  };
}
