/** The edit that the group `lab` times. */

import { cleanState, type LabState } from "../src/lab/edits/edit.js";
import { FIRST_QUESTION } from "../src/lab/page/first.js";

/** One latent set to zero, another one each round. */
export function editedState(round: number): LabState {
  const target = { kind: "cell", block: 8, latent: round % 6 } as const;
  return { ...cleanState(FIRST_QUESTION), edits: [{ id: 1, target, operation: { kind: "zero" }, on: true }] };
}
