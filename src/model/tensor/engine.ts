/** The engine of this process: which one computes, and what it can do beyond plain tfjs. It is started in `engines/`; here no Node API is used. */

import { EnvironmentError } from "../../base/errors.js";
import type { EngineName } from "./engine-names.js";
import type { Tensor } from "./tf.js";

export type { EngineChoice, EngineName } from "./engine-names.js";

/** The engine that computes here. One process has one engine. */
export interface EngineInfo {
  readonly name: EngineName;
  /** Version of the library that computes: TensorFlow's for `native`, the backend's for `wasm` and `webgpu`. */
  readonly version: string;
  readonly device: "cpu" | "gpu";
  /** The GPU in words, as WebGPU names it; left out by the other engines. */
  readonly adapter?: string;
  /** How the set-up obtained it, as the command `doctor` prints it. */
  readonly route: string;
  /** What the user should know of it, one line each; left out where there is nothing. */
  readonly notices?: readonly string[];
}

/** A tensor of the C library, known by its number; whoever makes it deletes it. */
export interface NativeTensor {
  readonly id: number;
  readonly shape: number[];
  readonly dtype: number;
}

interface NativeBinding {
  readonly TF_FLOAT: number;
  readonly TF_INT32: number;
  readonly TF_ATTR_INT: number;
  readonly TF_ATTR_BOOL: number;
  readonly TF_ATTR_TYPE: number;
  readonly TF_Version?: string;
  /** Shares the array's memory until it is deleted. */
  createTensor(shape: number[], dtype: number, values: Float32Array | Int32Array): number;
  deleteTensor(id: number): void;
  executeOp(op: string, attributes: unknown[], inputs: number[], outputs: number): NativeTensor[];
  /** Loads the graph of a folder. @returns its session's number. */
  loadSavedModel(folder: string, tags: string): number;
  /** Runs a graph. Left out while every op is to be called by itself. @param feeds names of its inputs, parted by commas. @param fetches those of its results. */
  runSavedModel?(session: number, inputs: number[], feeds: string, fetches: string): NativeTensor[];
}

/** What the native engine can do beyond tfjs. */
export interface NativeBackend {
  readonly binding: NativeBinding;
  readonly isUsingGpuDevice: boolean;
  /** The C library's numbers of tensors; what tfjs has not handed over yet is handed over. */
  getInputTensorIds(tensors: readonly Tensor[]): number[];
  /** Makes it a tfjs tensor, which owns it from then on. */
  createOutputTensor(tensor: NativeTensor): Tensor;
}

/**
 * An engine that was started: all that the model needs to know of it. Beyond this it uses tfjs's ops on the backend that the engine has made
 * tfjs's own, and reads numbers by `numbersOf` alone, between passes.
 */
export interface StartedEngine {
  readonly info: EngineInfo;
  /** Null for an engine that offers nothing beyond tfjs. */
  readonly native: NativeBackend | null;
  /** Does the native engine's build have our own kernels? Left out by the others. */
  readonly kernels?: boolean;
  /** Gives the native engine a graph, the bytes of a `SavedModel`; left out by the others. @returns its session's number, or null where it cannot be given one. */
  readonly loadGraph?: (message: Uint8Array) => number | null;
  /** Bytes of the largest tensor that it takes; left out where memory alone bounds it. */
  readonly tensorBytes?: number;
  /** Bytes that it can address; left out where memory alone bounds it. */
  readonly addressableBytes?: number;
  /** Takes a tensor's numbers from the host now, where it would otherwise do so when they are first used. */
  readonly settle?: (tensor: Tensor) => void;
  /** Whether it can hold so many bytes of weights beside what it holds; left out where the host's memory is what counts. */
  readonly holds?: (bytes: number) => Promise<boolean>;
  /**
   * Called after every read. Throws where what was computed cannot be trusted, because the device was lost or an operation failed unseen;
   * gives memory back that is spare.
   */
  readonly afterRead?: () => void;
}

let held: StartedEngine | null = null;
let differentiable = false;

/**
 * Holds the engine for all that computes here. Called by what starts it.
 * @example
 * ```ts
 * // After tf.setBackend("wasm") and tf.ready(), in a browser:
 * holdEngine({ info: { name: "wasm", version: "4.22.0", device: "cpu", route: "bundle" }, native: null });
 * currentEngine().route; // → bundle
 * ```
 */
export function holdEngine(engine: StartedEngine): void {
  held = engine;
}

/**
 * The engine that was started.
 *
 * @throws EnvironmentError before that.
 * @example
 * ```ts
 * currentEngine().device; // → cpu
 * ```
 */
export function currentEngine(): EngineInfo {
  if (held === null) throw new EnvironmentError("No engine was started", "start one before a model is loaded");
  return held.info;
}

/** Bytes of the largest tensor that the engine takes; infinite where memory alone bounds it. */
export function mostTensorBytes(): number {
  return held?.tensorBytes ?? Number.POSITIVE_INFINITY;
}

/** Bytes that the engine can address; infinite where memory alone bounds it. */
export function mostEngineBytes(): number {
  return held?.addressableBytes ?? Number.POSITIVE_INFINITY;
}

/** Hands a tensor's numbers over to the engine, so that the host need not keep them. @returns the tensor. */
export function settled<T extends Tensor>(tensor: T): T {
  held?.settle?.(tensor);
  return tensor;
}

/** Whether the engine can hold so many bytes of weights, as far as it can be asked. */
export async function engineHolds(bytes: number): Promise<boolean> {
  return (await held?.holds?.(bytes)) ?? true;
}

/** @throws what made the engine's numbers useless, if anything did. */
export function checkEngine(): void {
  held?.afterRead?.();
}

/** A lost GPU fails a read in words of its own, and says some moments later that it is lost. */
const LATE_MS = 1000;
const STEP_MS = 20;

/** Called after a read that failed. @throws what made the engine's numbers useless, as soon as the engine says it. */
export async function checkFailedRead(): Promise<void> {
  for (let waited = 0; held?.afterRead !== undefined && waited < LATE_MS; waited += STEP_MS) {
    await new Promise((done) => setTimeout(done, STEP_MS));
    checkEngine();
  }
}

/** The native engine where it computes on the CPU, else null. */
export function nativeBackend(): NativeBackend | null {
  const native = held?.native ?? null;
  return native === null || native.isUsingGpuDevice ? null : native;
}

/** The native CPU engine where its ops may be called past tfjs: not while gradients are taken, which only tfjs's own ops have. */
export function rawEngine(): NativeBackend | null {
  return differentiable ? null : nativeBackend();
}

/** Does the native CPU engine have our own kernels? */
export function engineKernels(): boolean {
  return held?.kernels === true && nativeBackend() !== null;
}

/** How the native CPU engine is given a graph; null for another engine. */
export function graphLoader(): ((message: Uint8Array) => number | null) | null {
  return held?.loadGraph ?? null;
}

/** Runs `body` on ops that all have gradients, for `tf.grad`. */
export function withGradients<T>(body: () => T): T {
  const before = differentiable;
  differentiable = true;
  try {
    return body();
  } finally {
    differentiable = before;
  }
}
