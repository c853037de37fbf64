/** Wilson's score interval of a proportion, 95 % (1927). Nothing else is imported: the report's page has it too. */

import type { Estimate } from "./estimate.js";

const Z = 1.959963984540054;

/** A proportion between the ends of its interval. */
export interface WilsonLimits {
  readonly p: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Wilson's interval of a proportion; a reason where there are no cases.
 *
 * @param count successes. @param n trials.
 * @example
 * ```ts
 * wilson(30, 100); // → { kind: 'value', value: 0.3, low: 0.2189, high: 0.3958, n: 100 }
 * ```
 */
export function wilson(count: number, n: number): Estimate {
  if (n === 0) return { kind: "undefined", reason: "no cases" };
  const { p, low, high } = wilsonLimits(count, n);
  return { kind: "value", value: p, low, high, n };
}

/** The same for at least one trial. */
export function wilsonLimits(count: number, n: number): WilsonLimits {
  const p = count / n;
  const z2 = Z * Z;
  const centre = (p + z2 / (2 * n)) / (1 + z2 / n);
  const half = (Z / (1 + z2 / n)) * Math.sqrt((p * (1 - p)) / n + z2 / (4 * n * n));
  return { p, low: count === 0 ? 0 : Math.max(0, centre - half), high: count === n ? 1 : Math.min(1, centre + half) };
}
