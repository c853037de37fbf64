/** Sizes of effects that stand beside a p. */

import type { Estimate } from "./estimate.js";
import type { Count } from "./proportion-interval.js";

const Z = 1.959963984540054;

/**
 * Cohen's h, the difference of two proportions on the arcsine scale, 0.2 small, 0.5 medium, 0.8 large (Cohen 1988).
 * @example
 * ```ts
 * cohenH(0.5, 0.3); // → 0.4115
 * ```
 */
export function cohenH(p1: number, p2: number): number {
  return 2 * Math.asin(Math.sqrt(p1)) - 2 * Math.asin(Math.sqrt(p2));
}

/**
 * Odds ratio of two independent groups with Woolf's interval; a reason where a cell is 0.
 * @example
 * ```ts
 * oddsRatio({ count: 20, n: 50 }, { count: 10, n: 50 }); // → { kind: 'value', value: 2.67, low: 1.09, high: 6.52, n: 100 }
 * ```
 */
export function oddsRatio(first: Count, second: Count): Estimate {
  const cells = [first.count, first.n - first.count, second.count, second.n - second.count] as const;
  if (cells.some((cell) => cell <= 0)) return { kind: "undefined", reason: "a cell of the two-by-two table is 0" };
  const log = Math.log((cells[0] * cells[3]) / (cells[1] * cells[2]));
  const error = Math.sqrt(cells.reduce((sum, cell) => sum + 1 / cell, 0));
  return {
    kind: "value",
    value: Math.exp(log),
    low: Math.exp(log - Z * error),
    high: Math.exp(log + Z * error),
    n: first.n + second.n,
  };
}

/**
 * Mean difference over the standard deviation of the differences (Cohen's d_z); a reason where they do not vary.
 * @example
 * ```ts
 * cohenDz([1, 2, 3]); // → { kind: 'value', value: 2, low: null, high: null, n: 3 }
 * ```
 */
export function cohenDz(differences: readonly number[]): Estimate {
  const n = differences.length;
  if (n < 3) return { kind: "undefined", reason: `${n} pairs, at least 3 are needed` };
  const mean = differences.reduce((sum, each) => sum + each, 0) / n;
  const sd = Math.sqrt(differences.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (n - 1));
  if (sd <= 1e-13 * Math.abs(mean)) return { kind: "undefined", reason: "all pairs differ by the same" };
  return { kind: "value", value: mean / sd, low: null, high: null, n };
}
