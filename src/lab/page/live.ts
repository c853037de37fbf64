/** Keeps what is on show true: a new question is answered, new edits are run, and what is no longer wanted is cancelled. */

import { effect, signal } from "@preact/signals";
import { activeEdits, type LabState } from "../edits/edit.js";
import type { RunView } from "../session/types.js";
import { failureOf, isCancelled } from "../worker/failure.js";
import { announce } from "./parts/live.js";
import { busy, clean, edited, fail, isLive, lab } from "./state.js";
import { worker } from "./worker.js";

/** A slider that is dragged asks many times: the last one counts. */
const PAUSE_MS = 80;

/** Why the edits cannot be run as they are; null where they can. It is said at the edits, and is no failure of the page. */
export const fault = signal<{ readonly message: string; readonly hint: string | null } | null>(null);

/** Is what is on show what was set? Not while it is computed, and not after that was stopped. */
export const isCurrent = signal(true);

const turns = signal(0);

/** Computes once more what was stopped. */
export function again(): void {
  turns.value += 1;
}

/** Follows the state from now on. */
export function goLive(): void {
  followQuestion();
  followEdits();
}

function followQuestion(): void {
  let asked: string | null = null;
  let last = new AbortController();
  effect(() => {
    const { question } = lab.value;
    if (!isLive.value) {
      asked = null;
      return;
    }
    if (question === asked) return;
    asked = question;
    last.abort();
    last = new AbortController();
    void open(question, last);
  });
}

async function open(question: string, controller: AbortController): Promise<void> {
  const { signal } = controller;
  try {
    const view = await during({ what: "the answer", controller }, () => worker.call("open", { question }, { signal }));
    clean.value = view;
    announce(`The model answers: ${view.answer.text}`);
  } catch (error) {
    fail(error);
  }
}

function followEdits(): void {
  let asked = "";
  let last = new AbortController();
  let timer = 0;
  effect(() => {
    const state = lab.value;
    if (!isLive.value) {
      asked = "";
      return;
    }
    const key = `${turns.value} ${editsOf(state)}`;
    if (key === asked) return;
    asked = key;
    last.abort();
    last = new AbortController();
    clearTimeout(timer);
    fault.value = null;
    const isEdited = activeEdits(state).length > 0;
    isCurrent.value = !isEdited;
    if (!isEdited) edited.value = null;
    else {
      const controller = last;
      timer = setTimeout(() => void run(state, controller), PAUSE_MS) as unknown as number;
    }
  });
}

/** What a run depends on: a look at another cell, or an edit that is off, computes nothing. */
function editsOf(state: LabState): string {
  const { question, directions, seed } = state;
  const on = activeEdits(state);
  const along = on.map(({ operation }) =>
    operation.kind === "steer" ? (directions[operation.direction] ?? null) : null,
  );
  return JSON.stringify([question, on, along, seed]);
}

async function run(state: LabState, controller: AbortController): Promise<void> {
  const { signal } = controller;
  try {
    const onPart = (view: RunView): void => {
      if (!signal.aborted) edited.value = view;
    };
    edited.value = await during({ what: "the edited answer", controller }, () =>
      worker.call("run", { state }, { signal, onPart }),
    );
    isCurrent.value = true;
    const { edited: now } = edited.value;
    announce(`Under the edits the model answers: ${now.answer.text}${now.changed ? "" : ", which is unchanged"}`);
  } catch (error) {
    if (!signal.aborted) edited.value = null;
    refuse(error);
  }
}

/** What can be mended at the edits is said there; everything else has the face of a failure. */
function refuse(error: unknown): void {
  const { name, message, hint } = failureOf(error);
  if (isCancelled(error) || name !== "UsageError") fail(error);
  else {
    fault.value = { message, hint };
    announce(message);
  }
}

/** Says what is computed while it is; a newer computation's words stay. */
export async function during<T>(
  { what, controller }: { readonly what: string; readonly controller: AbortController },
  work: () => Promise<T>,
): Promise<T> {
  const mine = { what, done: null, total: null, cancel: () => controller.abort() };
  busy.value = mine;
  try {
    return await work();
  } finally {
    if (busy.value === mine) busy.value = null;
  }
}
