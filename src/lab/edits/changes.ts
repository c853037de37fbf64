/** What one can do to a state, each as a function that gives the next one. */

import { UsageError } from "../../base/errors.js";
import { DIRECTION_NAME } from "./check.js";
import type { Edit, EditOperation, EditTarget, LabState, SavedDirection } from "./edit.js";
import { isSameTarget } from "./targets.js";

/** Another question; edits stay. */
export function withQuestion(state: LabState, question: string): LabState {
  return state.question === question ? state : { ...state, question };
}

/** Another counterfactual; edits that patch from it follow. */
export function withCounterfactual(state: LabState, counterfactual: string): LabState {
  if (state.counterfactual === counterfactual) return state;
  const edits = state.edits.map((edit) =>
    edit.operation.kind === "patch"
      ? { ...edit, operation: { kind: "patch", question: counterfactual } as const }
      : edit,
  );
  return { ...state, counterfactual, edits };
}

/** One edit more, at the end and switched on. */
export function withEdit(state: LabState, edit: Pick<Edit, "target" | "operation">): LabState {
  const id = 1 + Math.max(0, ...state.edits.map((each) => each.id));
  return { ...state, edits: [...state.edits, { id, on: true, ...edit }] };
}

/** The edit of a number with something changed: its operation, its target, or its switch. */
export function withChangedEdit(
  state: LabState,
  { id, ...change }: Pick<Edit, "id"> & Partial<Omit<Edit, "id">>,
): LabState {
  return { ...state, edits: state.edits.map((edit) => (edit.id === id ? { ...edit, ...change } : edit)) };
}

/** Without the edit of a number. */
export function withoutEdit(state: LabState, id: number): LabState {
  return { ...state, edits: state.edits.filter((edit) => edit.id !== id) };
}

/** Without edits: the clean state of the same question. */
export function withoutEdits(state: LabState): LabState {
  return state.edits.length === 0 ? state : { ...state, edits: [] };
}

/** The edit of a number one place up (-1) or down (1); the same where there is no such place. */
export function withMovedEdit(state: LabState, { id, by }: { readonly id: number; readonly by: -1 | 1 }): LabState {
  const from = state.edits.findIndex((edit) => edit.id === id);
  const [edit, other] = [state.edits[from], state.edits[from + by]];
  if (edit === undefined || other === undefined) return state;
  const edits = [...state.edits];
  edits[from] = other;
  edits[from + by] = edit;
  return { ...state, edits };
}

/** One more direction, or another one under a name. @throws UsageError for a name that cannot be. */
export function withDirection(
  state: LabState,
  { name, saved }: { readonly name: string; readonly saved: SavedDirection },
): LabState {
  if (!DIRECTION_NAME.test(name))
    throw new UsageError(
      `"${name}" is no name for a direction`,
      "begin with a letter, and use letters, digits, - and _ only, at most 40",
    );
  return { ...state, directions: { ...state.directions, [name]: saved } };
}

/** Without a direction, and without the edits that steer along it. */
export function withoutDirection(state: LabState, name: string): LabState {
  const directions = Object.fromEntries(Object.entries(state.directions).filter(([other]) => other !== name));
  const steers = ({ operation }: Edit): boolean => operation.kind === "steer" && operation.direction === name;
  return { ...state, directions, edits: state.edits.filter((edit) => !steers(edit)) };
}

/** What can be done at a target: an edge is cut, everything else is done to values. */
export function kindsAt(target: EditTarget): readonly EditOperation["kind"][] {
  return target.kind === "edge" ? ["cut"] : ["zero", "mean", "other", "noise", "scale", "steer", "patch"];
}

/** The last edit at a place, or none. */
export function editAt(state: LabState, target: EditTarget): Edit | undefined {
  return state.edits.findLast((edit) => isSameTarget(edit.target, target));
}

/** A name for a new direction that no other has. */
export function freeName(state: LabState): string {
  const taken = Object.keys(state.directions);
  for (let i = 1; ; i++) if (!taken.includes(`direction-${i}`)) return `direction-${i}`;
}
