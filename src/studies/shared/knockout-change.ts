/** What a condition does to the latents themselves, beside what it does to the answer. */

import type { RunResult } from "../../model/latent/run-types.js";
import type { StudyCondition } from "../study.js";
import type { KnockoutFields } from "./knockout-record.js";

const KNOCKOUTS: readonly string[] = ["question-to-latent", "latent-to-latent"];

/** Does the study cut what one position reads? Such a one says what that changes in the latents, and how much attention it takes away. */
export function isKnockoutStudy(study: string): boolean {
  return KNOCKOUTS.includes(study);
}

/** @returns the condition's part of the record; nothing of other studies. */
export function latentChangeOf(
  { study }: StudyCondition,
  { latentStates: changed }: RunResult,
  { latentStates: before }: RunResult,
): Pick<KnockoutFields, "latentChange"> {
  if (!isKnockoutStudy(study) || changed === null || before === null || changed.length !== before.length) return {};
  return { latentChange: before.map((state, k) => relativeChange(state, changed[k] ?? state)) };
}

/** ‖after − before‖ / ‖before‖; null where `before` is all zero. */
export function relativeChange(before: Float32Array, after: Float32Array): number | null {
  let [difference, norm] = [0, 0];
  for (const [i, value] of before.entries()) {
    difference += ((after[i] ?? 0) - value) ** 2;
    norm += value ** 2;
  }
  return norm === 0 ? null : Number(Math.sqrt(difference / norm).toPrecision(6));
}
