/** Levels of the study `budget` that the model was not trained for. */

import type { StudyCondition } from "../finding.js";

/** Were more latents run than in training? */
export function isUntrained({ factors }: Pick<StudyCondition, "factors">): boolean {
  return factors["trained"] === "no";
}
