/** What the page knows, as signals: what was set by hand (`lab`), what was computed of it, and how the engine is. Panels read and set these alone. */

import { computed, signal } from "@preact/signals";
import { type AttentionShown, cleanState, type LabState, type LabView } from "../edits/edit.js";
import { CODI_NAMES, type PositionNames, positionNames } from "../edits/position-names.js";
import type { CleanView, RunView } from "../session/types.js";
import { failureOf, isCancelled } from "../worker/failure.js";
import type { DroppedCheckpoint, Failure, LabEngine, ModelFacts, StartProgress } from "../worker/messages.js";
import { FIRST_QUESTION } from "./first.js";
import { worker } from "./worker.js";

/** All that was set by hand; the URL's fragment holds exactly this. */
export const lab = signal<LabState>(cleanState(FIRST_QUESTION));

/** The question's run without edits; the precomputed one until the engine is there. */
export const clean = signal<CleanView | null>(null);

/** What the positions of what is on show are called. */
export const names = computed((): PositionNames => {
  const model = clean.value?.model;
  return model === undefined ? CODI_NAMES : positionNames(model);
});

/** Does the model on show have latents? */
export function hasLatents(): boolean {
  return clean.value === null || clean.value.latents.length > 0;
}

/** The run under the edits that are on; null where none is. */
export const edited = signal<RunView | null>(null);

/** Where the engine is: a phase of its start, or how that ended. `name` is the engine that was chosen. */
export type EngineStatus = { readonly name: LabEngine } & (
  | { readonly phase: "absent" | "ready" | "failed" }
  | StartProgress
);

/** The engine. */
export const engine = signal<EngineStatus>({ name: "wasm", phase: "absent" });

/** The loaded model; null before. */
export const facts = signal<ModelFacts | null>(null);

/** Whether calls can be answered. */
export const isLive = computed(() => engine.value.phase === "ready");

/** What failed last; null where nothing did, or it was put away. */
export const failure = signal<Failure | null>(null);

/** What is computed now, in words (`the edited run`), with its progress and the way to stop it; null where nothing is. */
export interface Busy {
  readonly what: string;
  readonly done: number | null;
  readonly total: number | null;
  readonly cancel: () => void;
}

/** See `Busy`. */
export const busy = signal<Busy | null>(null);

/** Changes what was set by hand. */
export function change(next: Partial<LabState>): void {
  lab.value = { ...lab.value, ...next };
}

/** Changes what is on show, such as the opened cell. */
export function show(view: Partial<LabView>): void {
  change({ view: { ...lab.value.view, ...view } });
}

/** Shows a block's attention from a position, of the run that was looked at before. */
export function showAttention(next: Pick<AttentionShown, "block" | "head" | "from">): void {
  show({ attention: { to: null, isEdited: lab.value.view.attention?.isEdited ?? false, ...next } });
}

/** Shows a failure, but for a computation that was cancelled on purpose. */
export function fail(error: unknown): void {
  if (!isCancelled(error)) failure.value = failureOf(error);
}

// `?software` takes a graphics card that the processor imitates: for tests and for trying WebGPU without one.
const takesSoftware = new URLSearchParams(location.search).has("software");

worker.onStop = (stopped) => {
  engine.value = { name: engine.value.name, phase: "failed" };
  fail(stopped);
};

/** The dropped checkpoint that answers; null while the page's own model does. */
export const loaded = signal<DroppedCheckpoint | null>(null);

/** Takes off the page what another model said, and looks at places that this one does not have. */
function forgetModel({ blocks, heads, latents }: ModelFacts): void {
  clean.value = null;
  edited.value = null;
  const { cell, attention } = lab.peek().view;
  const isCell = cell !== null && cell.block < blocks && cell.latent < latents;
  const isShown = attention !== null && attention.block < blocks && (attention.head ?? 0) < heads;
  show({ cell: isCell ? cell : null, attention: isShown ? attention : null });
}

/** Starts an engine with the page's model (null), or with files that were dropped; by default with what is loaded. What is on show stays until it is there. */
export async function startEngine(name: LabEngine, dropped: DroppedCheckpoint | null = loaded.value): Promise<void> {
  engine.value = { name, phase: "engine", done: 0, total: null };
  try {
    const onPart = (progress: StartProgress): void => {
      engine.value = { name, ...progress };
    };
    const { model } = await worker.call("start", { engine: name, dropped, software: takesSoftware }, { onPart });
    if (dropped !== loaded.peek()) forgetModel(model);
    loaded.value = dropped;
    facts.value = model;
    engine.value = { name, phase: "ready" };
  } catch (error) {
    engine.value = { name, phase: "failed" };
    fail(error);
  }
}
