/**
 * The engine's ops as the forward pass uses them. On the native CPU engine they are called past tfjs, which halves what a call costs
 * (about 10 instead of 20 to 40 µs); elsewhere, and while gradients are taken, they are tfjs's own.
 */

import { attributesOf, constantId, engineOrNull, run, runForAll, typed } from "./native-call.js";
import { recorded } from "./recording.js";
import { type Tensor, type Tensor2D, tf } from "./tf.js";

/** `a · b` for matrices `[n, k]` and `[k, m]`; the engine's plain `MatMul`, where tfjs takes the batched one. `linear.ts` says which is faster when. */
export function matMul(a: Tensor2D, b: Tensor2D): Tensor2D {
  const engine = engineOrNull();
  const product =
    engine === null ? tf.matMul(a, b) : run(engine, "MatMul", { attributes: attributesOf.MatMul, inputs: [a, b] });
  return recorded(product as Tensor2D, { op: "batchMatMul", inputs: [a, b], transposeB: false });
}

/** `aᵀ · b` for matrices `[k, n]` and `[k, m]`. Only derivatives need it, so that it is reported to none. */
export function transposedMatMul(a: Tensor2D, b: Tensor2D): Tensor2D {
  const engine = engineOrNull();
  if (engine === null) return tf.matMul(a, b, true);
  return run(engine, "MatMul", { attributes: attributesOf.MatMulT, inputs: [a, b] }) as Tensor2D;
}

/** `a · b` over the last two axes; with `transposeB`, `a · bᵀ`. */
export function batchMatMul<T extends Tensor>(a: T, b: Tensor, transposeB = false): T {
  const engine = engineOrNull();
  const product =
    engine === null
      ? tf.matMul(a, b, false, transposeB)
      : run(engine, "BatchMatMulV2", {
          attributes: transposeB ? attributesOf.BatchMatMulT : attributesOf.BatchMatMul,
          inputs: [a, b],
        });
  return recorded(product as T, { op: "batchMatMul", inputs: [a, b], transposeB });
}

/** What `batchMatMul` gives, by a kernel that wakes no threads: a fifth of the time for a few thousand numbers, and more for many. */
export function smallBatchMatMul<T extends Tensor>(
  a: T,
  b: Tensor,
  { transposeB }: { readonly transposeB: boolean },
): T {
  const engine = engineOrNull();
  if (engine === null) return batchMatMul(a, b, transposeB);
  const attributes = transposeB ? attributesOf.SmallMatMulT : attributesOf.SmallMatMul;
  const product = run(engine, "BatchMatMulV3", { attributes, inputs: [a, b] }) as T;
  return recorded(product, { op: "batchMatMul", inputs: [a, b], transposeB });
}

/** `a + b`, broadcast. */
export function add<T extends Tensor>(a: T, b: Tensor): T {
  const engine = engineOrNull();
  const value = engine === null ? tf.add(a, b) : run(engine, "AddV2", { attributes: typed, inputs: [a, b] });
  return recorded(value as T, { op: "add", inputs: [a, b] });
}

/** `a - b`, broadcast. */
export function subtract<T extends Tensor>(a: T, b: Tensor): T {
  const engine = engineOrNull();
  const value = engine === null ? tf.sub(a, b) : run(engine, "Sub", { attributes: typed, inputs: [a, b] });
  return recorded(value as T, { op: "subtract", inputs: [a, b] });
}

/** `a * b`, broadcast. */
export function multiply<T extends Tensor>(a: T, b: Tensor): T {
  const engine = engineOrNull();
  const value = engine === null ? tf.mul(a, b) : run(engine, "Mul", { attributes: typed, inputs: [a, b] });
  return recorded(value as T, { op: "multiply", inputs: [a, b] });
}

/** `a / b`, broadcast. */
export function divide<T extends Tensor>(a: T, b: Tensor): T {
  const engine = engineOrNull();
  const value = engine === null ? tf.div(a, b) : run(engine, "RealDiv", { attributes: typed, inputs: [a, b] });
  return recorded(value as T, { op: "divide", inputs: [a, b] });
}

/** `sqrt(x)`. */
export function squareRoot<T extends Tensor>(x: T): T {
  const engine = engineOrNull();
  const value = engine === null ? tf.sqrt(x) : run(engine, "Sqrt", { attributes: typed, inputs: [x] });
  return recorded(value as T, { op: "squareRoot", inputs: [x] });
}

/** `1 / sqrt(x)`. */
export function reciprocalRoot<T extends Tensor>(x: T): T {
  const engine = engineOrNull();
  const value = engine === null ? tf.rsqrt(x) : run(engine, "Rsqrt", { attributes: typed, inputs: [x] });
  return recorded(value as T, { op: "reciprocalRoot", inputs: [x] });
}

/** `1 / (1 + exp(-x))`. */
export function sigmoid<T extends Tensor>(x: T): T {
  const engine = engineOrNull();
  const value = engine === null ? tf.sigmoid(x) : run(engine, "Sigmoid", { attributes: typed, inputs: [x] });
  return recorded(value as T, { op: "sigmoid", inputs: [x] });
}

/** `exp(x)`. */
export function exponential<T extends Tensor>(x: T): T {
  const engine = engineOrNull();
  const value = engine === null ? tf.exp(x) : run(engine, "Exp", { attributes: typed, inputs: [x] });
  return recorded(value as T, { op: "exponential", inputs: [x] });
}

/** Mean over one axis, which stays with size 1. */
export function mean<T extends Tensor>(x: T, axis: number): T {
  const engine = engineOrNull();
  const value =
    engine === null
      ? tf.mean(x, axis, true)
      : run(engine, "Mean", { attributes: attributesOf.Reduce, inputs: [x], constants: [[axis]] });
  return recorded(value as T, { op: "mean", inputs: [x], axis });
}

/** Sum over one axis, which stays with size 1. */
export function sum<T extends Tensor>(x: T, axis: number): T {
  const engine = engineOrNull();
  const value =
    engine === null
      ? tf.sum(x, axis, true)
      : run(engine, "Sum", { attributes: attributesOf.Reduce, inputs: [x], constants: [[axis]] });
  return recorded(value as T, { op: "sum", inputs: [x], axis });
}

/** The same values under another shape. */
export function reshape<R extends tf.Rank>(x: Tensor, shape: tf.ShapeMap[R]): tf.Tensor<R> {
  const engine = engineOrNull();
  const value =
    engine === null
      ? tf.reshape(x, shape)
      : run(engine, "Reshape", { attributes: attributesOf.Shape, inputs: [x], constants: [shape as number[]] });
  return recorded(value as tf.Tensor<R>, { op: "reshape", inputs: [x] });
}

/** Axis i of the result is axis `order[i]` of `x`. */
export function transpose<T extends Tensor>(x: T, order: readonly number[]): T {
  const engine = engineOrNull();
  const value =
    engine === null
      ? tf.transpose(x, [...order])
      : run(engine, "Transpose", { attributes: attributesOf.Perm, inputs: [x], constants: [order] });
  return recorded(value as T, { op: "transpose", inputs: [x], order });
}

/** A box of `x`. Along the first axis it costs nothing on the native engine: the memory is shared. */
export function slice<T extends Tensor>(x: T, begin: readonly number[], size: readonly number[]): T {
  const engine = engineOrNull();
  const value =
    engine === null
      ? tf.slice(x, [...begin], [...size])
      : run(engine, "Slice", { attributes: attributesOf.Slice, inputs: [x], constants: [begin, size] });
  return recorded(value as T, { op: "slice", inputs: [x], begin });
}

/** Consecutive parts of an axis, of the sizes given. Along the first axis they share the memory on the native engine. */
export function split<T extends Tensor>(
  x: T,
  { sizes, axis }: { readonly sizes: readonly number[]; readonly axis: number },
): T[] {
  let from = 0;
  return splitParts(x, { sizes, axis }).map((part, place) => {
    const begin = x.shape.map((_, each) => (each === axis ? from : 0));
    from += sizes[place] ?? 0;
    return recorded(part, { op: "slice", inputs: [x], begin });
  });
}

function splitParts<T extends Tensor>(
  x: T,
  { sizes, axis }: { readonly sizes: readonly number[]; readonly axis: number },
): T[] {
  const engine = engineOrNull();
  if (engine === null) return tf.split(x, [...sizes], axis);
  const parts = { name: "num_split", type: engine.binding.TF_ATTR_INT, value: sizes.length };
  const operands = { attributes: [parts, ...attributesOf.Split], inputs: [x], constants: [sizes, axis] };
  return runForAll(engine, "SplitV", { operands, outputs: sizes.length }) as T[];
}

/** The second half of axis 1 before the first. */
export function swapHalves<T extends Tensor>(x: T): T {
  const half = (x.shape[1] ?? 0) / 2;
  const engine = engineOrNull();
  if (engine !== null) {
    const rolled = run(engine, "Roll", { attributes: attributesOf.Roll, inputs: [x], constants: [half, 1] }) as T;
    return recorded(rolled, { op: "swapHalves", inputs: [x] });
  }
  const part = (from: number): T =>
    slice(
      x,
      x.shape.map((_, axis) => (axis === 1 ? from : 0)),
      x.shape.map((size, axis) => (axis === 1 ? half : size)),
    );
  return concat([part(half), part(0)], 1);
}

/** Tensors one after the other along an axis; a single one is returned as it is. */
export function concat<T extends Tensor>(parts: readonly T[], axis: number): T {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  return recorded(joined(parts, axis), { op: "concat", inputs: parts, axis });
}

function joined<T extends Tensor>(parts: readonly T[], axis: number): T {
  const engine = engineOrNull();
  if (engine === null) return tf.concat([...parts], axis);
  const { binding } = engine;
  const attributes = [
    { name: "N", type: binding.TF_ATTR_INT, value: parts.length },
    ...typed,
    { name: "Tidx", type: binding.TF_ATTR_TYPE, value: binding.TF_INT32 },
  ];
  return run(engine, "ConcatV2", { attributes, inputs: parts, constants: [axis] }) as T;
}

/** Sum of tensors of one shape; a single one is returned as it is. */
export function addAll<T extends Tensor>(parts: readonly T[]): T {
  const [first, ...others] = parts;
  if (first === undefined) throw new RangeError("A sum of nothing");
  return others.reduce((total, part) => add(total, part), first);
}

/** Entries `index` of one axis. */
export function gather<T extends Tensor>(x: T, index: ArrayLike<number>, axis: number): T {
  return recorded(gathered(x, { index, axis }), { op: "gather", inputs: [x], index, axis });
}

function gathered<T extends Tensor>(
  x: T,
  { index, axis }: { readonly index: ArrayLike<number>; readonly axis: number },
): T {
  const engine = engineOrNull();
  const places = Int32Array.from(index);
  // The places are a tensor here, which not every caller's tidy frees.
  if (engine === null || x.dtype !== "float32") return tf.tidy(() => tf.gather(x, tf.tensor1d(places, "int32"), axis));
  const { binding } = engine;
  const placesId = binding.createTensor([places.length], binding.TF_INT32, places);
  try {
    const ids = [...engine.getInputTensorIds([x]), placesId, constantId(engine, axis)];
    const [output] = binding.executeOp("GatherV2", attributesOf.Gather, ids, 1);
    if (output === undefined) throw new RangeError("GatherV2 gave no output");
    return engine.createOutputTensor(output) as T;
  } finally {
    binding.deleteTensor(placesId);
  }
}

/** `x · factor`. */
export function scaled<T extends Tensor>(x: T, factor: number): T {
  const engine = engineOrNull();
  const value =
    engine === null
      ? tf.mul(x, factor)
      : run(engine, "Mul", { attributes: typed, inputs: [x], constants: [{ float: factor }] });
  return recorded(value as T, { op: "scaled", inputs: [x], factor });
}

/** `x + offset`. */
export function shifted<T extends Tensor>(x: T, offset: number): T {
  const engine = engineOrNull();
  const value =
    engine === null
      ? tf.add(x, offset)
      : run(engine, "AddV2", { attributes: typed, inputs: [x], constants: [{ float: offset }] });
  return recorded(value as T, { op: "shifted", inputs: [x] });
}

/** The same values as another tensor, which is freed apart; costs no copy. */
export function same<T extends Tensor>(x: T): T {
  return recorded(tf.clone(x), { op: "same", inputs: [x] });
}
