/** Conditions made by hand. */

import { wilson } from "../../src/statistics/proportion-interval.js";
import type { StudyCondition } from "../../src/studies/finding.js";

/** The counts of a condition of eight problems with right baselines. */
export function ofEight(
  condition: string,
  broken: number,
): Pick<StudyCondition, "condition" | "factors" | "isControl" | "broken" | "right"> {
  return {
    condition,
    factors: {},
    isControl: false,
    broken: { count: broken, n: 8, rate: wilson(broken, 8) },
    right: { count: 8 - broken, n: 8, rate: wilson(8 - broken, 8) },
  };
}
