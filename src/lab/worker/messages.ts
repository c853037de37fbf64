/** What crosses between the page and its worker: plain data that can be cloned. Each call has its question, its answer, and parts on the way. */

import type { EngineInfo } from "../../browser.js";
import type { Fit, MemoryLimits } from "../files/memory.js";
import type { RecordsView } from "../files/records.js";
import type { TraceView } from "../files/trace.js";

/** The engines that a browser has: WASM on the processor, WebGPU on the graphics card. */
export type LabEngine = "wasm" | "webgpu";

/** A failure as data: `name` is the error's class, such as `BadInputError`. */
export interface Failure {
  readonly name: string;
  readonly message: string;
  readonly hint: string | null;
}

/** How far the start is. `total` is null where it is not known. */
export interface StartProgress {
  readonly phase: "engine" | "files" | "model";
  readonly done: number;
  readonly total: number | null;
}

/** What the page says of the loaded model. */
export interface ModelFacts {
  readonly name: string;
  readonly blocks: number;
  readonly heads: number;
  readonly latents: number;
  readonly width: number;
  readonly headWidth: number;
  readonly vocabulary: number;
}

/** What the start gives. */
export interface Started {
  readonly engine: EngineInfo;
  readonly model: ModelFacts;
}

/** The files of a checkpoint that was dropped, by their names. */
export interface DroppedCheckpoint {
  readonly name: string;
  readonly files: Readonly<Record<string, Blob>>;
}

/** What a dropped checkpoint would take. */
export interface CheckpointAsk extends DroppedCheckpoint {
  readonly limits: MemoryLimits;
}

/** All calls of the page to the worker: a new one is one entry here and one function in `handlers.ts`. */
export interface Calls {
  /** Starts an engine and loads a model: the page's own files, or files that were dropped. Called again, it replaces both. */
  readonly start: {
    readonly ask: { readonly engine: LabEngine; readonly dropped: DroppedCheckpoint | null };
    readonly part: StartProgress;
    readonly answer: Started;
  };
  /** Looks at a dropped checkpoint as a load would, and reads no weight: whether it fits, and what is odd about it. */
  readonly checkpoint: {
    readonly ask: CheckpointAsk;
    readonly part: never;
    readonly answer: Fit & { readonly notices: readonly string[] };
  };
  /** Reads a dropped trace. */
  readonly trace: {
    readonly ask: { readonly name: string; readonly blob: Blob };
    readonly part: never;
    readonly answer: TraceView;
  };
  /** Reads a run's records; the parts say how much of the file was read, from 0 to 1. */
  readonly records: {
    readonly ask: { readonly name: string; readonly blob: Blob };
    readonly part: number;
    readonly answer: RecordsView;
  };
  /** How many tensors there are, for tests of leaks. */
  readonly tensors: { readonly ask: null; readonly part: never; readonly answer: number };
}

/** A call's name. */
export type CallName = keyof Calls;

/** From the page: a call, or the wish that one should end. */
export type ToWorker =
  | { readonly id: number; readonly call: CallName; readonly ask: unknown }
  | { readonly id: number; readonly cancel: true };

/** From the worker: parts of an answer, the answer, or why there is none. */
export type FromWorker =
  | { readonly id: number; readonly part: unknown }
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly failure: Failure };
