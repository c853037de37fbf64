/** Holm's step-down adjustment (Holm 1979): controls the family-wise error without assumptions. */

import type { PValue } from "./estimate.js";

/**
 * Adjusts the defined p-values of one family; undefined ones stay so and do not count.
 * @example
 * ```ts
 * const family = [0.01, 0.02, 0.04].map((p) => ({ kind: "value" as const, p }));
 * holm(family).map((each) => each.kind === "value" && each.p); // → [ 0.03, 0.04, 0.04 ]
 * ```
 */
export function holm(family: readonly PValue[]): PValue[] {
  const defined = family
    .flatMap((each, index) => (each.kind === "value" ? [{ index, p: each.p }] : []))
    .sort((a, b) => a.p - b.p);
  const adjusted = [...family];
  let largest = 0;
  for (const [rank, { index, p }] of defined.entries()) {
    largest = Math.max(largest, Math.min(1, (defined.length - rank) * p));
    adjusted[index] = { kind: "value", p: largest };
  }
  return adjusted;
}
