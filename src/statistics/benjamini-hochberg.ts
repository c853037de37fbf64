/** Benjamini and Hochberg's step-up adjustment (1995): bounds the expected share of false findings, for independent or positively dependent tests. */

import type { PValue } from "./estimate.js";

/**
 * Adjusts the defined p-values of one family; undefined ones stay so and do not count.
 * @example
 * ```ts
 * const family = [0.01, 0.02, 0.04].map((p) => ({ kind: "value" as const, p }));
 * benjaminiHochberg(family).map((each) => each.kind === "value" && each.p); // → [ 0.03, 0.03, 0.04 ]
 * ```
 */
export function benjaminiHochberg(family: readonly PValue[]): PValue[] {
  const defined = family
    .flatMap((each, index) => (each.kind === "value" ? [{ index, p: each.p }] : []))
    .sort((a, b) => b.p - a.p);
  const adjusted = [...family];
  let smallest = 1;
  for (const [place, { index, p }] of defined.entries()) {
    smallest = Math.min(smallest, (p * defined.length) / (defined.length - place));
    adjusted[index] = { kind: "value", p: smallest };
  }
  return adjusted;
}
