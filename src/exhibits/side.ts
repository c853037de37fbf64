/** On which side of no effect an estimate lies: what a sentence may say of a direction. */

import type { Estimate } from "../statistics/estimate.js";
import { endsOf } from "./number-text.js";

/** `above` and `below` where the whole interval lies there; `unshown` where it contains no effect, or there is none. */
export type Side = "above" | "below" | "unshown";

/**
 * @param none where there is no effect: 0, or 1 of an odds ratio. An interval that ends there contains it.
 * @returns `unshown` too where the estimate rests on too few problems to have an interval.
 */
export function sideOf(estimate: Estimate, none = 0): Side {
  const ends = estimate.kind === "undefined" ? null : endsOf(estimate);
  if (ends === null) return "unshown";
  const [low, high] = ends;
  if (low > none) return "above";
  return high < none ? "below" : "unshown";
}
