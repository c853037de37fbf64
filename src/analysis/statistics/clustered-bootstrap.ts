/** Cluster bootstrap: problems are drawn with replacement and keep all their rows; percentile interval, 95 %. */

import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** Interval, two-sided p against 0, and how many draws had no value. */
export interface Bootstrap {
  readonly low: number;
  readonly high: number;
  /** 2 · min(share below 0, share above 0) with one added to count and draws, so never 0. */
  readonly p: number;
  readonly undefinedDraws: number;
}

/**
 * @param clusters one list of rows a problem.
 * @param statistic value of all drawn rows, or null where it is not defined.
 * @returns null when more than half of the draws had no value.
 */
export function clusteredBootstrap<T>(
  clusters: readonly (readonly T[])[],
  statistic: (rows: readonly T[]) => number | null,
  options: { readonly draws: number; readonly seed: number },
): Bootstrap | null {
  const generator = xoroshiro128plus(options.seed | 0);
  const values: number[] = [];
  for (let draw = 0; draw < options.draws; draw++) {
    const rows: T[] = [];
    for (let i = 0; i < clusters.length; i++)
      rows.push(...(clusters[uniformInt(generator, 0, clusters.length - 1)] ?? []));
    const value = statistic(rows);
    if (value !== null) values.push(value);
  }
  if (values.length * 2 <= options.draws) return null;
  values.sort((a, b) => a - b);
  const below = values.filter((value) => value <= 0).length;
  const above = values.filter((value) => value >= 0).length;
  const p = Math.min(1, (2 * (Math.min(below, above) + 1)) / (values.length + 1));
  return {
    low: quantile(values, 0.025),
    high: quantile(values, 0.975),
    p,
    undefinedDraws: options.draws - values.length,
  };
}

/** Linear-interpolated quantile of sorted values (R type 7, NumPy's default). */
export function quantile(sorted: readonly number[], q: number): number {
  const place = (sorted.length - 1) * q;
  const below = Math.floor(place);
  const low = sorted[below] ?? 0;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] ?? low;
  return low + (high - low) * (place - below);
}
