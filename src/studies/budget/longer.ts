/** Levels of the study `budget` beyond the baseline's number of latents. */

import type { StudyCondition } from "../finding.js";

/** Were more latents run than in the baseline? Records of before say `trained: no`, which no run can know. */
export function isLonger({ factors }: Pick<StudyCondition, "factors">): boolean {
  return factors["loop"] === "longer" || factors["trained"] === "no";
}
