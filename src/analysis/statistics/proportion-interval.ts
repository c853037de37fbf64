/** Wilson's score interval for a proportion (Wilson 1927), 95 %. */

import type { Estimate } from "../summary-types.js";

const Z = 1.959963984540054;

/** @param count successes of @param n trials. */
export function wilson(count: number, n: number): Estimate {
  if (n === 0) return { kind: "undefined", reason: "no cases" };
  const p = count / n;
  const z2 = Z * Z;
  const centre = (p + z2 / (2 * n)) / (1 + z2 / n);
  const half = (Z / (1 + z2 / n)) * Math.sqrt((p * (1 - p)) / n + z2 / (4 * n * n));
  return { kind: "value", value: p, low: Math.max(0, centre - half), high: Math.min(1, centre + half), n };
}
