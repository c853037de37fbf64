/** What can be done at the chosen place: one button each, which adds the edit at once. */

import type { JSX } from "preact";
import { kindsAt, withEdit } from "../../edits/changes.js";
import { widthOf } from "../../edits/check.js";
import type { EditOperation, EditTarget, LabFacts, LabState } from "../../edits/edit.js";
import { REFERENCE_QUESTIONS } from "../../edits/reference.js";
import { draft } from "../draft.js";
import { edit } from "../edit-history.js";
import { Button } from "../parts/button.js";
import { facts, lab } from "../state.js";

/** What buttons and lists call an operation. */
export const OPERATION_NAMES: Readonly<Record<EditOperation["kind"], string>> = {
  zero: "Zero",
  mean: "Mean",
  other: "Another question’s",
  noise: "Noise",
  scale: "Scale",
  steer: "Steer",
  patch: "Counterfactual’s",
  cut: "Cut the edge",
};

const ABOUT: Readonly<Record<EditOperation["kind"], string>> = {
  zero: "writes zeros",
  mean: "writes the mean over eight other questions",
  other: "writes what another question has there",
  noise: "adds noise",
  scale: "multiplies by a number",
  steer: "adds a saved direction",
  patch: "writes what the counterfactual has there",
  cut: "takes the edge out of the attention pattern",
};

/** Buttons for the chosen place. */
export function Operations(): JSX.Element {
  const target = draft.value;
  return (
    <div class="touch-part">
      <h3>What is done there</h3>
      <div class="touch-buttons touch-operations">
        {kindsAt(target).map((kind) => {
          const operation = firstOperation(kind, { target, state: lab.value, facts: facts.value });
          return (
            <Button
              key={kind}
              disabled={operation === null}
              label={`${OPERATION_NAMES[kind]}: ${operation === null ? "save a direction of this width first" : ABOUT[kind]}`}
              onClick={() => operation !== null && edit(withEdit(lab.value, { target, operation }))}
            >
              {OPERATION_NAMES[kind]}
            </Button>
          );
        })}
      </div>
    </div>
  );
}

interface FirstContext {
  readonly target: EditTarget;
  readonly state: LabState;
  readonly facts: LabFacts | null;
}

/** An operation with the values that it begins with; null where it cannot be yet. */
export function firstOperation(
  kind: EditOperation["kind"],
  { target, state, facts: known }: FirstContext,
): EditOperation | null {
  switch (kind) {
    case "noise":
      return { kind, sigma: 1 };
    case "scale":
      return { kind, by: 0.5 };
    case "other":
      return { kind, question: REFERENCE_QUESTIONS.find((each) => each !== state.question) ?? "" };
    case "patch":
      return { kind, question: state.counterfactual };
    case "steer": {
      const direction = known === null ? undefined : fitting(state, { target, facts: known })[0];
      return direction === undefined ? null : { kind, direction, scale: 1 };
    }
    default:
      return { kind };
  }
}

/** The saved directions that are as wide as a target. */
export function fitting(
  { directions }: Pick<LabState, "directions">,
  { target, facts: known }: { readonly target: EditTarget; readonly facts: LabFacts },
): string[] {
  const wanted = target.kind === "cell" ? known.width : known.headWidth;
  return Object.entries(directions).flatMap(([name, saved]) => (widthOf(saved, known) === wanted ? [name] : []));
}
