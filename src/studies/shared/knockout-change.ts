/** What a condition does to the latents themselves, beside what it does to the answer. */

import type { RunResult } from "../../model/latent/run-types.js";
import type { StudyFields } from "../fields.js";

/** @returns a part of the record; nothing where the two runs did not keep as many states. */
export function latentChangeOf(
  { latentStates: changed }: RunResult,
  { latentStates: before }: RunResult,
): Pick<StudyFields, "latentChange"> {
  if (changed === null || before === null || changed.length !== before.length) return {};
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
