/** What crosses between the page and its worker: plain data that can be cloned. Each call has its question, its answer, and parts on the way. */

import type { EngineInfo } from "../../browser.js";

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

/** All calls of the page to the worker: a new one is one entry here and one function in `handlers.ts`. */
export interface Calls {
  /** Starts an engine and loads a model: the page's own files, or files that were dropped. Called again, it replaces both. */
  readonly start: {
    readonly ask: { readonly engine: LabEngine; readonly files: Readonly<Record<string, Blob>> | null };
    readonly part: StartProgress;
    readonly answer: Started;
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
