/** Intervals of proportions, 95 %: Wilson's (see `wilson.ts`), and Newcombe's of differences built from it (1998). */

import type { Estimate, Rate } from "./estimate.js";
import { incompleteBeta } from "./t-distribution.js";
import { wilsonLimits as limits, type WilsonLimits, wilson } from "./wilson.js";

export { wilson } from "./wilson.js";

/**
 * A count of n with its Wilson interval.
 * @example
 * ```ts
 * rateOf(3, 4).count; // → 3
 * ```
 */
export function rateOf(count: number, n: number): Rate {
  return { count, n, rate: wilson(count, n) };
}

/**
 * p1 − p2 of two independent groups (Newcombe 1998, method 10 of that paper).
 * @example
 * ```ts
 * newcombeIndependent({ count: 56, n: 70 }, { count: 48, n: 80 }); // → { kind: 'value', value: 0.2, low: 0.0524, high: 0.3339, n: 150 }
 * ```
 */
export function newcombeIndependent(first: Count, second: Count): Estimate {
  if (first.n === 0 || second.n === 0) return { kind: "undefined", reason: "no cases in one group" };
  return difference(limits(first.count, first.n), limits(second.count, second.n), { phi: 0, n: first.n + second.n });
}

/** Successes of trials. */
export interface Count {
  readonly count: number;
  readonly n: number;
}

/** Pairs by what happened in the first and in the second condition. */
export interface PairedCounts {
  readonly both: number;
  readonly firstOnly: number;
  readonly secondOnly: number;
  readonly neither: number;
}

/**
 * p1 − p2 of the same cases under two conditions (Newcombe 1998 on paired data, method 10).
 * @example
 * ```ts
 * newcombePaired({ both: 36, firstOnly: 12, secondOnly: 2, neither: 0 }); // → { kind: 'value', value: 0.2, low: 0.0569, high: 0.3404, n: 50 }
 * ```
 */
export function newcombePaired({ both, firstOnly, secondOnly, neither }: PairedCounts): Estimate {
  const n = both + firstOnly + secondOnly + neither;
  if (n === 0) return { kind: "undefined", reason: "no cases" };
  const margins = (both + firstOnly) * (secondOnly + neither) * (both + secondOnly) * (firstOnly + neither);
  const cross = both * neither - firstOnly * secondOnly;
  // The method's continuity correction of φ, where it is positive.
  const corrected = cross > 0 ? Math.max(cross - n / 2, 0) : cross;
  const phi = margins === 0 ? 0 : corrected / Math.sqrt(margins);
  return difference(limits(both + firstOnly, n), limits(both + secondOnly, n), { phi, n });
}

function difference(
  first: WilsonLimits,
  second: WilsonLimits,
  { phi, n }: { readonly phi: number; readonly n: number },
): Estimate {
  const reach = (a: number, b: number): number => Math.sqrt(Math.max(0, a * a - 2 * phi * a * b + b * b));
  const value = first.p - second.p;
  return {
    kind: "value",
    value,
    low: Math.max(-1, value - reach(first.p - first.low, second.high - second.p)),
    high: Math.min(1, value + reach(first.high - first.p, second.p - second.low)),
    n,
  };
}

/**
 * Exact interval (Clopper and Pearson 1934), by bisection on the beta distribution; never too short, so often too long.
 * @example
 * ```ts
 * clopperPearson(3, 10); // → { kind: 'value', value: 0.3, low: 0.0667, high: 0.6525, n: 10 }
 * ```
 */
export function clopperPearson(count: number, n: number): Estimate {
  if (n === 0) return { kind: "undefined", reason: "no cases" };
  const low = count === 0 ? 0 : betaQuantile(0.025, count, n - count + 1);
  const high = count === n ? 1 : betaQuantile(0.975, count + 1, n - count);
  return { kind: "value", value: count / n, low, high, n };
}

function betaQuantile(q: number, a: number, b: number): number {
  let [low, high] = [0, 1];
  for (let i = 0; i < 200 && high - low > 1e-16 * high; i++) {
    const middle = (low + high) / 2;
    if (incompleteBeta(middle, 1 - middle, { a, b }) < q) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
