/** The operations that can be swept, by the names that they are chosen by. */

import type { EditOperation, EditTarget, LabFacts, LabState } from "../../edits/edit.js";
import { CODI_NAMES, positionNames } from "../../edits/position-names.js";
import { REFERENCE_QUESTIONS } from "../../edits/reference.js";
import { fitting } from "../touch/operations.js";

/** One choice. */
export interface Choice {
  readonly kind: EditOperation["kind"];
  readonly text: string;
  /** What it starts with. */
  readonly first: EditOperation;
}

// Any cell: directions are as wide as all of them.
const CELL: EditTarget = { kind: "cell", block: 0, latent: 0 };

/** The saved directions that can be swept along. */
export function sweptDirections(state: Pick<LabState, "directions">, facts: LabFacts | null): string[] {
  return facts === null ? [] : fitting(state, { target: CELL, facts });
}

/** What there is to choose with a state: patching needs a counterfactual, steering a direction. */
export function choicesOf(
  state: Pick<LabState, "question" | "counterfactual" | "directions">,
  facts: LabFacts | null,
): Choice[] {
  const { question, counterfactual } = state;
  const { eot } = facts === null ? CODI_NAMES : positionNames(facts);
  const [direction] = sweptDirections(state, facts);
  const other = REFERENCE_QUESTIONS.find((each) => each !== question) ?? "";
  return [
    { kind: "zero", text: "set to zero", first: { kind: "zero" } },
    { kind: "mean", text: "mean of other questions", first: { kind: "mean" } },
    { kind: "other", text: "another question’s value", first: { kind: "other", question: other } },
    { kind: "scale", text: "scale", first: { kind: "scale", by: 2 } },
    { kind: "noise", text: "add noise", first: { kind: "noise", sigma: 20 } },
    ...(counterfactual.trim() === ""
      ? []
      : [
          {
            kind: "patch",
            text: "patch from the counterfactual",
            first: { kind: "patch", question: counterfactual },
          } as const,
        ]),
    ...(direction === undefined
      ? []
      : [{ kind: "steer", text: "steer along a direction", first: { kind: "steer", direction, scale: 1 } } as const]),
    { kind: "cut", text: `cut the edge ${eot} → latent`, first: { kind: "cut" } },
  ];
}
