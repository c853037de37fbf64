/**
 * What hears of each op while derivatives are taken: `ops.ts`, `formulas.ts` and `linear.ts` report what they computed, and `model/gradient`
 * knows each op's derivative. Nothing else of the forward pass changes, so that derivatives are those of the run itself.
 */

import type { Tensor, Tensor2D } from "./tf.js";

/** One op of each name: its inputs, and what else its derivative depends on. */
type Call<Op extends string, Inputs extends readonly Tensor[], More = unknown> = Op extends string
  ? { readonly op: Op; readonly inputs: Inputs } & More
  : never;

/** Ops of one tensor without anything else. */
type PlainOp =
  | "squareRoot"
  | "reciprocalRoot"
  | "sigmoid"
  | "exponential"
  | "softmax"
  | "geluTanh"
  | "geluExact"
  | "reshape"
  | "shifted"
  | "swapHalves"
  | "same";

/** A product with a weight, and with the weight transposed. */
interface Products {
  readonly times: (x: Tensor2D) => Tensor2D;
  readonly timesTransposed: (y: Tensor2D) => Tensor2D;
}

/** What a norm does; its weight is `[dModel, 1]`. */
interface NormCall {
  readonly centres: boolean;
  readonly eps: number;
  readonly weight: Tensor2D | null;
}

/** An op by its name, with what its derivative depends on. */
export type OpCall =
  | Call<PlainOp, readonly [Tensor]>
  | Call<"add" | "subtract" | "multiply" | "divide" | "siluTimes", readonly [Tensor, Tensor]>
  | Call<"batchMatMul", readonly [Tensor, Tensor], { readonly transposeB: boolean }>
  | Call<"linear", readonly [Tensor2D], Products>
  | Call<"norm", readonly [Tensor2D], NormCall>
  | Call<"turnedBy", readonly [Tensor], { readonly cos: Tensor; readonly sin: Tensor }>
  | Call<"mean" | "sum", readonly [Tensor], { readonly axis: number }>
  | Call<"scaled", readonly [Tensor], { readonly factor: number }>
  | Call<"transpose", readonly [Tensor], { readonly order: readonly number[] }>
  | Call<"slice", readonly [Tensor], { readonly begin: readonly number[] }>
  | Call<"concat", readonly Tensor[], { readonly axis: number }>
  | Call<"gather", readonly [Tensor], { readonly index: ArrayLike<number>; readonly axis: number }>
  /** A function out of tfjs's own ops, such as an intervention. */
  | Call<"function", readonly [Tensor], { readonly of: (x: Tensor) => Tensor }>;

/** Ops that are one to a recorder, which may compute them again. */
export interface JointCall {
  /** All that decides which ops they are, beside the shapes of their inputs. */
  readonly kind: string;
  /** What may depend on other tensors, or may be freed after the call. */
  readonly moving: readonly Tensor[];
  /** Weights. */
  readonly fixed: readonly Tensor[];
  /** The same ops on others in the place of `moving`. */
  readonly again: (moving: readonly Tensor[]) => readonly Tensor[];
  /** Does computing them again cost more than it saves? Then each is heard of, and what its derivative needs is kept. */
  readonly isCostly: boolean;
}

/** Whoever hears of ops. */
export interface OpRecorder {
  /** Called after each op, before anything of it is freed. */
  record(call: OpCall, output: Tensor): void;
  /** The same of ops that are one. */
  recordJoint(call: JointCall, outputs: readonly Tensor[]): void;
  /** Computes ops that are costly to compute again, by `compute`, where each is heard of, or otherwise. */
  computeCostly?(call: JointCall, compute: () => readonly Tensor[]): readonly Tensor[];
}

let recorder: OpRecorder | null = null;

/** An op's result, reported to the recorder if there is one. */
export function recorded<T extends Tensor>(output: T, call: OpCall): T {
  recorder?.record(call, output);
  return output;
}

/** Results of ops that are reported as one. */
export function recordedJointly<T extends readonly Tensor[]>(call: JointCall, compute: () => T): T {
  const own = recorder;
  const outputs = unrecorded(compute);
  own?.recordJoint(call, outputs);
  return outputs;
}

/** Ops of which each is reported, unless the recorder knows better. */
export function recordedCostly<T extends readonly Tensor[]>(call: JointCall, compute: () => T): T {
  return (recorder?.computeCostly?.(call, compute) ?? compute()) as T;
}

/** Is any op reported now? */
export function isRecording(): boolean {
  return recorder !== null;
}

/** Runs `body` while a recorder hears of every op. */
export function recordingWith<T>(own: OpRecorder, body: () => T): T {
  return heardBy(own, body);
}

/** Runs `body` without reporting any op: what it computes is one op to the recorder. */
export function unrecorded<T>(body: () => T): T {
  return recorder === null ? body() : heardBy(null, body);
}

function heardBy<T>(own: OpRecorder | null, body: () => T): T {
  const before = recorder;
  recorder = own;
  try {
    return body();
  } finally {
    recorder = before;
  }
}
