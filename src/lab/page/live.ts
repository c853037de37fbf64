/** Keeps what is on show true: a new question is answered, new edits are run, and what is no longer wanted is cancelled. */

import { effect } from "@preact/signals";
import type { LabState } from "../edits/edit.js";
import type { RunView } from "../session/types.js";
import { announce } from "./parts/live.js";
import { busy, clean, edited, fail, isLive, lab } from "./state.js";
import { worker } from "./worker.js";

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
    const view = await during("the answer", controller, () => worker.call("open", { question }, { signal }));
    clean.value = view;
    announce(`The model answers: ${view.answer.text}`);
  } catch (error) {
    fail(error);
  }
}

function followEdits(): void {
  let asked = "";
  let last = new AbortController();
  effect(() => {
    const state = lab.value;
    if (!isLive.value) {
      asked = "";
      return;
    }
    const key = editsOf(state);
    if (key === asked) return;
    asked = key;
    last.abort();
    last = new AbortController();
    if (state.edits.some(({ on }) => on)) void run(state, last);
    else edited.value = null;
  });
}

/** What a run depends on: all but the view. */
function editsOf({ view, ...rest }: LabState): string {
  return JSON.stringify(rest);
}

async function run(state: LabState, controller: AbortController): Promise<void> {
  const { signal } = controller;
  try {
    const onPart = (view: RunView): void => {
      if (!signal.aborted) edited.value = view;
    };
    edited.value = await during("the edited answer", controller, () =>
      worker.call("run", { state }, { signal, onPart }),
    );
    const { edited: now } = edited.value;
    announce(`Under the edits the model answers: ${now.answer.text}${now.changed ? "" : ", which is unchanged"}`);
  } catch (error) {
    if (!signal.aborted) edited.value = null;
    fail(error);
  }
}

/** Says what is computed while it is; a newer computation's words stay. */
export async function during<T>(what: string, controller: AbortController, work: () => Promise<T>): Promise<T> {
  const mine = { what, done: null, total: null, cancel: () => controller.abort() };
  busy.value = mine;
  try {
    return await work();
  } finally {
    if (busy.value === mine) busy.value = null;
  }
}
