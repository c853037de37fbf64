/** Which conditions can be rows of one run: those with the same number of latents. */

import { BASELINE } from "../../studies/baseline/study.js";
import type { StudyCondition } from "../../studies/study.js";

/** Conditions with another number of latents than the checkpoint's; the first has no intervention. */
export interface LatentsGroup {
  readonly latents: number;
  readonly conditions: readonly StudyCondition[];
}

/** @returns the conditions with the checkpoint's number, in their order, and the others by their number. */
export function byLatents(conditions: readonly StudyCondition[]): {
  readonly trained: StudyCondition[];
  readonly others: LatentsGroup[];
} {
  const counts = [...new Set(conditions.flatMap(({ latents }) => latents ?? []))];
  const others = counts.map((latents): LatentsGroup => {
    const mine = conditions.filter((each) => each.latents === latents);
    // A copy: it is not the baseline that the others are compared with.
    const bare = mine.find(({ interventions }) => interventions.length === 0) ?? { ...BASELINE, latents };
    return { latents, conditions: [bare, ...mine.filter((each) => each !== bare)] };
  });
  return { trained: conditions.filter(({ latents }) => latents === undefined), others };
}

/** @returns the largest number of latents that any condition runs. @param own the checkpoint's. */
export function mostLatents(own: number, conditions: readonly StudyCondition[]): number {
  return conditions.reduce((most, { latents = own }) => Math.max(most, latents), own);
}
