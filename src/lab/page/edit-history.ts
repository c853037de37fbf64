/** Undo and redo over what was set by hand. What is on show (the opened cell, the tour) is not undone. */

import { computed, effect, signal } from "@preact/signals";
import type { LabState } from "../edits/edit.js";
import { changed, type History, redone, settled, startHistory, undone } from "../edits/history.js";
import { announce } from "./parts/live.js";
import { lab } from "./state.js";

const steps = signal<History<LabState>>(startHistory(lab.peek()));
let naming: string | null = null;

effect(() => {
  const now = lab.value;
  const before = steps.peek();
  if (!isSame(now, before.present)) steps.value = changed(before, now, { as: naming });
  else if (now !== before.present) steps.value = { ...before, present: now };
});

/** Is there a step to undo, or to redo? */
export const canUndo = computed(() => steps.value.past.length > 0);
/** See `canUndo`. */
export const canRedo = computed(() => steps.value.future.length > 0);

/**
 * Sets what was set by hand.
 *
 * @param as a name such as `scale of edit 3`: changes of one name in a row are one step, until `settle`.
 */
export function edit(next: LabState, { as = null }: { readonly as?: string | null } = {}): void {
  naming = as;
  lab.value = next;
  naming = null;
}

/** Ends a row of changes of one name, as when a slider is let go. */
export function settle(): void {
  steps.value = settled(steps.value);
}

/** Goes back one step. */
export function undo(): void {
  if (canUndo.value) go(undone(steps.value), "Undone");
}

/** Goes forth again. */
export function redo(): void {
  if (canRedo.value) go(redone(steps.value), "Done again");
}

/** Forgets what was: as where a link or a file was opened. */
export function forget(): void {
  steps.value = startHistory(lab.value);
}

function go(next: History<LabState>, said: string): void {
  const present = { ...next.present, view: lab.value.view };
  steps.value = { ...next, present };
  lab.value = present;
  announce(said);
}

function isSame(a: LabState, b: LabState): boolean {
  const isSameText = a.question === b.question && a.counterfactual === b.counterfactual;
  return isSameText && a.edits === b.edits && a.directions === b.directions && a.seed === b.seed;
}

/** Ctrl+Z, Ctrl+Shift+Z and Ctrl+Y; within a field of text they are the field's own. */
export function onHistoryKey(event: KeyboardEvent): void {
  if (!(event.ctrlKey || event.metaKey) || event.altKey || isText(event.target)) return;
  const key = event.key.toLowerCase();
  if (key !== "z" && key !== "y") return;
  event.preventDefault();
  if (key === "y" || event.shiftKey) redo();
  else undo();
}

function isText(target: EventTarget | null): boolean {
  if (target instanceof HTMLTextAreaElement) return true;
  return target instanceof HTMLInputElement && !["range", "checkbox", "radio", "file"].includes(target.type);
}
