/** Edits that are made by a link: from a cell of a map, from a head, from an edge. */

import { withChangedEdit, withEdit } from "../edits/changes.js";
import type { EditOperation, EditTarget } from "../edits/edit.js";
import { isSameTarget, targetText } from "../edits/targets.js";
import { announce } from "./parts/live.js";
import { lab, names } from "./state.js";

/** Adds an edit; one of the same operation that is there already is switched on and changed. */
export function makeEdit(target: EditTarget, operation: EditOperation): void {
  const state = lab.value;
  const there = state.edits.find((each) => isSameTarget(each.target, target) && each.operation.kind === operation.kind);
  const edit = { target, operation };
  lab.value = there === undefined ? withEdit(state, edit) : withChangedEdit(state, { id: there.id, on: true, ...edit });
  announce(`Edited: ${operation.kind} at ${targetText(target, names.value)}`);
}
