/** Edits that are made by a link: from a cell of a map, from a head, from an edge. */

import type { EditOperation, EditTarget } from "../edits/edit.js";
import { isSameTarget, targetText } from "../edits/targets.js";
import { announce } from "./parts/live.js";
import { change, lab } from "./state.js";

/** Adds an edit; one of the same operation that is there already is switched on and changed. */
export function makeEdit(target: EditTarget, operation: EditOperation): void {
  const { edits } = lab.value;
  const there = edits.find((each) => isSameTarget(each.target, target) && each.operation.kind === operation.kind);
  const id = there?.id ?? 1 + Math.max(0, ...edits.map((each) => each.id));
  const edit = { id, target, operation, on: true };
  change({ edits: there === undefined ? [...edits, edit] : edits.map((each) => (each === there ? edit : each)) });
  announce(`Edited: ${operation.kind} at ${targetText(target)}`);
}
