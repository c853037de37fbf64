/** Estimates and p-values as cells of a table's file. */

import type { BootstrapInterval } from "../statistics/clustered-bootstrap.js";
import type { Estimate, PValue } from "../statistics/estimate.js";

/** Value, and both ends of its interval; empty where there are none. */
export function cells(estimate: Estimate | BootstrapInterval): (number | null)[] {
  return estimate.kind === "value" ? [estimate.value, estimate.low, estimate.high] : [null, null, null];
}

/** Empty where there is none. */
export function pValue(value: PValue): number | null {
  return value.kind === "value" ? value.p : null;
}
