/**
 * Kernels of our own for the native CPU engine (`scripts/setup/kernels`): products, and functions that TensorFlow has only as several ops, each
 * a pass through memory. They are ops of the engine like any other. A build without them takes TensorFlow's.
 */

import { engineKernels, type NativeBackend } from "./engine.js";
import { isHeld, type Matrix } from "./held-matrix.js";
import { type Attribute, engineOrNull, run, runForAll } from "./native-call.js";
import type { Tensor, Tensor2D, Tensor4D } from "./tf.js";

/** Raised with every change of the kernels that changes a digit; part of the engine's version, and so of a run's fingerprint. */
export const KERNELS = 3;

/** Elements of a weight for which a second thread is worth waking. What is smaller takes the engine's own op. */
const LEAST = 2 ** 18;
/** TensorFlow's number of bfloat16. */
const BF16 = 14;

/** Does the native CPU engine compute here, with the kernels in its build, past tfjs? */
export function hasKernels(): boolean {
  return kernelsOrNull() !== null;
}

function kernelsOrNull(): NativeBackend | null {
  return engineKernels() ? engineOrNull() : null;
}

function engineWithKernels(): NativeBackend {
  const engine = kernelsOrNull();
  if (engine === null) throw new RangeError("The engine has no kernels of ours");
  return engine;
}

/** Whether an engine's build has the kernels, found out by calling one. */
export function bringsKernels(engine: NativeBackend): boolean {
  const { binding } = engine;
  const one = binding.createTensor([1], binding.TF_FLOAT, Float32Array.of(1));
  try {
    const [result] = binding.executeOp("CodilensGelu", [many(engine, 0)], [one], 1);
    if (result !== undefined) binding.deleteTensor(result.id);
    return result !== undefined;
  } catch {
    return false;
  } finally {
    binding.deleteTensor(one);
  }
}

/** Do the kernels take products of these weights? */
export function takesProducts(weights: readonly Matrix[]): boolean {
  if (!hasKernels()) return false;
  return weights.every((weight) => weight.size >= LEAST && (!isHeld(weight) || weight.dtype === BF16));
}

/** What `takesProducts` said yes to. @param weight `[out, in]`. @param x `[in, columns]`. @returns `W · x`, owned by the caller. */
export function kernelProduct(weight: Matrix, x: Tensor2D): Tensor2D {
  return product("CodilensProduct", [weight, x]);
}

/** `Wᵀ · y` for what `takesProducts` said yes to. @param y `[out, columns]`. */
export function kernelTransposed(weight: Matrix, y: Tensor2D): Tensor2D {
  return product("CodilensTransposedProduct", [weight, y]);
}

/** A weight in bfloat16 is widened number by number, as it is multiplied. */
function product(op: string, [weight, x]: readonly [Matrix, Tensor2D]): Tensor2D {
  const engine = engineWithKernels();
  const { binding } = engine;
  const [stored, dtype] = isHeld(weight)
    ? [weight.storedId, weight.dtype]
    : [...engine.getInputTensorIds([weight]), binding.TF_FLOAT];
  const type: Attribute = { name: "T", type: binding.TF_ATTR_TYPE, value: dtype };
  const [made] = binding.executeOp(op, [type], [stored ?? -1, ...engine.getInputTensorIds([x])], 1);
  if (made === undefined) throw new RangeError(`${op} gave no output`);
  return engine.createOutputTensor(made) as Tensor2D;
}

/** Calls a kernel on tensors of float32. @returns its result, owned by the caller. */
export function kernel<T extends Tensor>(
  op:
    | "CodilensGate"
    | "CodilensRotate"
    | "CodilensAddBias"
    | "CodilensAdd"
    | "CodilensScores"
    | "CodilensMixture"
    | "CodilensJoinHeads"
    | "CodilensSwap"
    | "CodilensRotateBack"
    | "CodilensSoftmaxBack"
    | "CodilensGeluBack",
  inputs: readonly Tensor[],
): T {
  return run(engineWithKernels(), op, { attributes: [], inputs }) as T;
}

/** Softmax over the last axis. @param mask `[batch, 1, query, key]`, which is added to `[batch, heads, query, key]` first; none where left out. */
export function kernelSoftmax<T extends Tensor>(x: T, mask?: Tensor4D): T {
  const engine = engineWithKernels();
  const inputs = mask === undefined ? [x] : [x, mask];
  return run(engine, "CodilensSoftmax", { attributes: [many(engine, inputs.length - 1)], inputs }) as T;
}

/** GELU by the hyperbolic tangent. @param bias of each row, `[rows, 1]`, which is added first; none where left out. */
export function kernelGelu<T extends Tensor>(x: T, bias?: Tensor2D): T {
  const engine = engineWithKernels();
  const inputs = bias === undefined ? [x] : [x, bias];
  return run(engine, "CodilensGelu", { attributes: [many(engine, inputs.length - 1)], inputs }) as T;
}

/** A norm over the first axis of `x` `[size, cells]`. @param affine weight and bias, as far as there are any. */
export function kernelNorm(
  [x, ...affine]: readonly [Tensor2D, ...Tensor2D[]],
  { centres, eps }: { readonly centres: boolean; readonly eps: number },
): Tensor2D {
  const engine = engineWithKernels();
  const constants = [{ float: eps }, { float: centres ? 1 : 0 }];
  const operands = { attributes: [many(engine, affine.length)], inputs: [x, ...affine], constants };
  return run(engine, "CodilensNorm", operands) as Tensor2D;
}

/** What a norm's gradient is taken back by. */
export interface NormBack {
  /** `[size, cells]`: the norm's input. */
  readonly x: Tensor2D;
  /** `[size, 1]`; null where the norm has none, or where it is not asked for. */
  readonly weight: Tensor2D | null;
  readonly centres: boolean;
  readonly eps: number;
}

/** @param gradient by the norm of `x`, `[size, cells]`. @returns the gradient by `x`. */
export function kernelNormBack(gradient: Tensor2D, { x, weight, centres, eps }: NormBack): Tensor2D {
  const engine = engineWithKernels();
  const affine = weight === null ? [] : [weight];
  const constants = [{ float: eps }, { float: centres ? 1 : 0 }];
  const operands = { attributes: [many(engine, affine.length)], inputs: [x, gradient, ...affine], constants };
  return run(engine, "CodilensNormBack", operands) as Tensor2D;
}

/** @param gradient by `siluTimes(x, up)`. @returns the gradients by `x` and by `up`. */
export function kernelGateBack([x, up]: readonly [Tensor, Tensor], gradient: Tensor): readonly [Tensor, Tensor] {
  const operands = { attributes: [], inputs: [x, up, gradient] };
  return runForAll(engineWithKernels(), "CodilensGateBack", { operands, outputs: 2 }) as [Tensor, Tensor];
}

/** The most numbers of a cell that `kernelTop` finds. */
export const MOST_TOP = 16;

/** @param x `[rows, cells]`. @returns `[cells, 2 k + 1]`: a cell's k largest numbers, the largest first; their rows; the sum of all e^(x - largest). */
export function kernelTop(x: Tensor2D, k: number): Tensor2D {
  return run(engineWithKernels(), "CodilensTop", { attributes: [], inputs: [x], constants: [k] }) as Tensor2D;
}

/** How many heads there are of each kind, how long each is, and what is done to them on the way. */
export interface HeadsOfCells {
  readonly heads: number;
  readonly kvHeads: number;
  readonly dHead: number;
  readonly rows: number;
  readonly columns: number;
  /** Queries are multiplied by it. */
  readonly scale: number;
  /** Cosines and sines, `[1, dHead, rows, columns]` each, by which queries and keys are turned; empty where they are not. */
  readonly turn: readonly Tensor4D[];
}

/** @param flat `[(heads + 2 * kvHeads) * dHead, rows * columns]`. @returns queries, keys and values, `[rows, heads, columns, dHead]` each. */
export function kernelHeads(
  flat: Tensor2D,
  { heads, kvHeads, dHead, rows, columns, scale, turn }: HeadsOfCells,
): readonly [Tensor4D, Tensor4D, Tensor4D] {
  const engine = engineWithKernels();
  const constants = [[heads, kvHeads, dHead, rows, columns], { float: scale }];
  const operands = { attributes: [many(engine, turn.length)], inputs: [flat, ...turn], constants };
  return runForAll(engine, "CodilensHeads", { operands, outputs: 3 }) as [Tensor4D, Tensor4D, Tensor4D];
}

/** The attribute that says how many tensors an op is given where it takes any number of them. */
function many({ binding }: NativeBackend, value: number): Attribute {
  return { name: "N", type: binding.TF_ATTR_INT, value };
}
