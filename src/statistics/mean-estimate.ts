/** A mean of one value a problem with its bootstrap interval. */

import { clusteredBootstrap, FEWEST_PROBLEMS, ofMean } from "./clustered-bootstrap.js";
import type { Estimate } from "./estimate.js";
import { mean } from "./pearson.js";

/**
 * @param values one a problem; with fewer than three there is no interval.
 * @example
 * ```ts
 * const mean = meanEstimate([0.2, 0.4, 0.4, 0.6, 0.9], 1);
 * mean.kind === "value" && mean.value; // → 0.5
 * ```
 */
export function meanEstimate(values: readonly number[], seed: number): Estimate {
  if (values.length === 0) return { kind: "undefined", reason: "not measured" };
  const value = mean(values);
  if (values.length < FEWEST_PROBLEMS) return { kind: "value", value, low: null, high: null, n: values.length };
  const interval = clusteredBootstrap(values.length, ofMean(values), { seed });
  const { low, high } = interval.kind === "value" ? interval : { low: null, high: null };
  return { kind: "value", value, low, high, n: values.length };
}
