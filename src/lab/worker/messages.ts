/** What crosses between the page and its worker: plain data that can be cloned. Each call has its question, its answer, and parts on the way. */

import type { EngineInfo, ProtocolName } from "../../browser.js";
import type { EditOperation, LabFacts, LabState } from "../edits/edit.js";
import type { Fit, MemoryLimits } from "../files/memory.js";
import type { RecordsView } from "../files/records.js";
import type { TraceView } from "../files/trace.js";
import type { AttentionView, CellView, CleanView, RunView, SweepProgress, SweepView } from "../session/types.js";
import type { FileVector } from "./vectors.js";

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

/** The loaded model: what edits are checked against, and the size of its vocabulary. */
export interface ModelFacts extends LabFacts {
  readonly name: string;
  readonly vocabulary: number;
}

/** The files of a folder that was dropped, by their names. */
export interface DroppedFolder {
  readonly name: string;
  readonly files: Readonly<Record<string, Blob>>;
}

/** A checkpoint that was dropped, and how it is to be run. */
export interface DroppedCheckpoint extends DroppedFolder {
  /** Its base model's folder; null where none was dropped beside it. */
  readonly base: DroppedFolder | null;
  /** Null: as its files show; else a name, or the file that stands beside the page. */
  readonly protocol: ProtocolName | OwnProtocolFile | null;
  /** Null: as its files say, else 6. */
  readonly latents: number | null;
}

/** A protocol's file beside the page, `own/my-protocol.mjs`. */
export interface OwnProtocolFile {
  readonly file: string;
}

/** What a look at a dropped checkpoint found. */
export interface CheckpointLook extends Fit {
  readonly notices: readonly string[];
  /** How it is run, in a sentence. */
  readonly run: string;
}

/** What a dropped checkpoint would take. */
export interface CheckpointAsk extends DroppedCheckpoint {
  readonly limits: MemoryLimits;
}

/** A file that was dropped. */
export interface FileAsk {
  readonly name: string;
  readonly blob: Blob;
}

/** Which engine is started, with which model. */
export interface StartAsk {
  readonly engine: LabEngine;
  /** Null for the page's own model. */
  readonly dropped: DroppedCheckpoint | null;
  /** Takes a graphics card that is computed on the processor, too: for tests. */
  readonly software?: boolean;
}

/** What the start gives. */
export interface Started {
  readonly engine: EngineInfo;
  readonly model: ModelFacts;
}

/** Which cell is opened. */
export interface CellAsk {
  readonly question: string;
  readonly block: number;
  readonly latent: number;
}

/** Which block's attention is shown, of which run. */
export interface AttentionAsk {
  readonly question: string;
  readonly block: number;
  readonly run: "clean" | "edited";
}

/** What is swept over all cells. */
export interface SweepAsk {
  readonly state: LabState;
  readonly operation: EditOperation;
}

/** One call: its question, the parts of its answer on the way, and its answer. */
export interface Call<Ask, Part, Answer> {
  readonly ask: Ask;
  readonly part: Part;
  readonly answer: Answer;
}

/** All calls of the page to the worker: a new one is one entry here and one function in `handlers.ts`. */
export interface Calls {
  /** Starts an engine and loads a model. Called again, it replaces both. */
  readonly start: Call<StartAsk, StartProgress, Started>;
  readonly open: Call<{ readonly question: string }, never, CleanView>;
  readonly cell: Call<CellAsk, never, CellView>;
  /** The part is the edited answer, whose controls are still null. */
  readonly run: Call<{ readonly state: LabState }, RunView, RunView>;
  readonly sweep: Call<SweepAsk, SweepProgress, SweepView>;
  readonly attention: Call<AttentionAsk, never, AttentionView>;
  /** The numbers of saved directions, by name. */
  readonly directions: Call<Pick<LabState, "directions">, never, Readonly<Record<string, Float32Array>>>;
  /** Directions from a dropped file of tensors. */
  readonly vectors: Call<FileAsk, never, readonly FileVector[]>;
  /** Looks at a dropped checkpoint as a load would, and reads no weight: whether it fits, and what is odd about it. */
  readonly checkpoint: Call<CheckpointAsk, never, CheckpointLook>;
  /** Reads a dropped trace. */
  readonly trace: Call<FileAsk, never, TraceView>;
  /** Reads a run's records; the parts say how much of the file was read, from 0 to 1. */
  readonly records: Call<FileAsk, number, RecordsView>;
  /** Every site of a run, by its name, for tests that compare engines. */
  readonly sites: Call<{ readonly question: string }, never, Readonly<Record<string, Float32Array>>>;
  /** How many tensors there are, for tests of leaks. */
  readonly tensors: Call<null, never, number>;
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
