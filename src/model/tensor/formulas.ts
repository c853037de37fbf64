/** Formulas of several ops. On the native engine only their result is a tensor. */

import { hasKernels, kernel, kernelGelu, kernelNorm, kernelSoftmax } from "./kernels.js";
import { attributesOf, engineOrNull, Formula } from "./native-call.js";
import { normalDistribution } from "./normal-distribution.js";
import {
  add,
  mean,
  multiply,
  reciprocalRoot,
  scaled,
  shifted,
  sigmoid,
  subtract,
  swapHalves,
  transpose,
} from "./ops.js";
import { isRecording, recorded, unrecorded } from "./recording.js";
import { type Tensor, type Tensor2D, type Tensor4D, tf } from "./tf.js";

/** What a norm multiplies by and adds, `[dModel, 1]` each. */
export interface NormAffine {
  readonly weight: Tensor2D;
  /** Null where nothing is added. */
  readonly bias: Tensor2D | null;
}

/** What a norm does. */
export interface NormFormula {
  /** Is the mean taken out first? Then it is a LayerNorm. */
  readonly centres: boolean;
  readonly eps: number;
  readonly affine?: NormAffine;
}

/** A norm over the first axis of `x` `[dModel, cells]`, with biased variance, as `torch.nn.LayerNorm`. Without `affine`: before weight and bias. */
export function normColumns(x: Tensor2D, formula: NormFormula): Tensor2D {
  const { centres, eps, affine } = formula;
  const normed = unrecorded(() => normOf(x, formula));
  return recorded(normed, { op: "norm", inputs: [x], centres, eps, weight: affine?.weight ?? null });
}

function normOf(x: Tensor2D, { centres, eps, affine }: NormFormula): Tensor2D {
  if (hasKernels()) {
    const { weight, bias } = affine ?? { weight: null, bias: null };
    const given = [weight, bias].filter((each) => each !== null);
    return kernelNorm([x, ...given], { centres, eps });
  }
  const engine = engineOrNull();
  if (engine === null) {
    const moved = centres ? subtract(x, mean(x, 0)) : x;
    const divided = multiply(moved, rmsScale(moved, eps));
    return affine === undefined ? divided : affineColumns(divided, affine);
  }
  const { weight = null, bias = null } = affine ?? {};
  const [input = -1, weightId, biasId] = engine.getInputTensorIds([x, weight, bias].filter((given) => given !== null));
  const formula = new Formula(engine);
  const call = (op: string, ...inputs: number[]): number => formula.call(op, { inputs });
  const averaged = (id: number): number =>
    formula.call("Mean", { attributes: attributesOf.Reduce, inputs: [id], constants: [[0]] });
  const moved = centres ? formula.hold(call("Sub", input, averaged(input))) : input;
  const square = averaged(call("Mul", moved, moved));
  const scale = call("Rsqrt", formula.call("AddV2", { inputs: [square], constants: [{ float: eps }] }));
  let value = call("Mul", moved, scale);
  if (weightId !== undefined) value = call("Mul", value, weightId);
  if (biasId !== undefined) value = call("AddV2", value, biasId);
  return formula.result(value) as Tensor2D;
}

/** Weight and bias of a norm. */
export function affineColumns(x: Tensor2D, { weight, bias }: NormAffine): Tensor2D {
  const weighted = multiply(x, weight);
  return bias === null ? weighted : add(weighted, bias);
}

/** What a norm multiplies each cell of `[dModel, cells]` by, `[1, cells]`: `1 / sqrt(mean(x²) + eps)`. */
export function rmsScale(x: Tensor2D, eps: number): Tensor2D {
  return reciprocalRoot(meanSquare(x, eps));
}

/** `mean(x²) + eps` of each cell of `[dModel, cells]`, `[1, cells]`. */
export function meanSquare(x: Tensor2D, eps: number): Tensor2D {
  return shifted(mean(multiply(x, x), 0), eps);
}

/** Softmax over the last axis. */
export function softmax<T extends Tensor>(x: T): T {
  const value = unrecorded(() => softmaxOf(x));
  return recorded(value, { op: "softmax", inputs: [x] });
}

/** `softmax(x + mask)` for `x` `[batch, heads, query, key]` and a mask `[batch, 1, query, key]`. */
export function softmaxOfMasked(x: Tensor4D, mask: Tensor4D): Tensor4D {
  return hasKernels() && !isRecording() ? kernelSoftmax(x, mask) : softmax(add(x, mask));
}

// What the engine's own op does, to the bit. That has two kernels where oneDNN is on: a graph takes oneDNN's, a call by itself does not.
function softmaxOf<T extends Tensor>(x: T): T {
  if (hasKernels()) return kernelSoftmax(x);
  const engine = engineOrNull();
  if (engine === null) return tf.softmax(x);
  const [input = -1] = engine.getInputTensorIds([x]);
  const formula = new Formula(engine);
  const call = (op: string, ...inputs: number[]): number => formula.call(op, { inputs });
  const over = (op: string, id: number): number =>
    formula.call(op, { attributes: attributesOf.Reduce, inputs: [id], constants: [[x.rank - 1]] });
  const shares = formula.hold(call("Exp", call("Sub", input, over("Max", input))));
  return formula.result(call("Mul", shares, call("Reciprocal", over("Sum", shares)))) as T;
}

/** Exact GELU, `x · Φ(x)` with the error function, as `torch.nn.GELU()`. */
export function geluExact<T extends Tensor>(x: T): T {
  const value = unrecorded(() => multiply(x, gaussianGate(x)));
  return recorded(value, { op: "geluExact", inputs: [x] });
}

/** `[batch, heads, position, dHead]` → `[heads, dHead, batch, position]`. */
export function joinedHeads(x: Tensor4D): Tensor4D {
  const order = [1, 3, 0, 2];
  if (!hasKernels()) return transpose(x, order);
  return recorded(kernel<Tensor4D>("CodilensJoinHeads", [x]), { op: "transpose", inputs: [x], order });
}

/** `x` `[a, b, c, d]` with the axes in its middle exchanged. */
export function swappedAxes(x: Tensor4D): Tensor4D {
  const order = [0, 2, 1, 3];
  if (!hasKernels()) return transpose(x, order);
  return recorded(kernel<Tensor4D>("CodilensSwap", [x]), { op: "transpose", inputs: [x], order });
}

/** Cosines and sines by which heads are turned, `[1, dHead, batch, position]`. */
export interface Turn {
  readonly cos: Tensor4D;
  /** Negative in the first half of dHead. */
  readonly sin: Tensor4D;
}

/** `x · cos + swapHalves(x) · sin` for `x` `[heads, dHead, batch, position]`: RoPE, where the sign of its `rotateHalf` is in `sin`. */
export function turnedBy(x: Tensor4D, { cos, sin }: Turn): Tensor4D {
  const value = unrecorded(() => {
    if (hasKernels()) return kernel<Tensor4D>("CodilensRotate", [x, cos, sin]);
    return add(multiply(x, cos), multiply(swapHalves(x), sin));
  });
  return recorded(value, { op: "turnedBy", inputs: [x], cos, sin });
}

/** Twice √(2/π): by how much the sigmoid of `geluTanh` rises at 0. */
export const TANH_SLOPE = 2 * Math.sqrt(2 / Math.PI);

/** Weight of its cubic term. */
export const TANH_CUBIC = 0.044715;

/** GELU by the hyperbolic tangent, `x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³)))`: transformers' `gelu_new`. `(1 + tanh(y)) / 2` is the sigmoid of 2y. */
export function geluTanh<T extends Tensor>(x: T): T {
  const value = unrecorded(() => geluTanhOf(x));
  return recorded(value, { op: "geluTanh", inputs: [x] });
}

/** `geluTanh(x + bias)` for `x` `[rows, cells]` and a bias of each row, `[rows, 1]`. */
export function geluTanhOfSum(x: Tensor2D, bias: Tensor2D): Tensor2D {
  return hasKernels() && !isRecording() ? kernelGelu(x, bias) : geluTanh(addBias(x, bias));
}

/** Numbers from which a sum by two threads is the faster one. */
const SHARED = 2 ** 14;

/** `a + b` for tensors of one shape. */
export function addStates<T extends Tensor>(a: T, b: T): T {
  if (a.size < SHARED || !hasKernels()) return add(a, b);
  return recorded(kernel<T>("CodilensAdd", [a, b]), { op: "add", inputs: [a, b] });
}

/** `x + bias` for `x` `[rows, cells]` and a bias of each row, `[rows, 1]`. */
export function addBias(x: Tensor2D, bias: Tensor2D): Tensor2D {
  if (!hasKernels()) return add(x, bias);
  return recorded(kernel<Tensor2D>("CodilensAddBias", [x, bias]), { op: "add", inputs: [x, bias] });
}

function geluTanhOf<T extends Tensor>(x: T): T {
  if (hasKernels()) return kernelGelu(x);
  const engine = engineOrNull();
  if (engine === null) {
    const slope = shifted(scaled(multiply(x, x), TANH_CUBIC * TANH_SLOPE), TANH_SLOPE);
    return multiply(x, sigmoid(multiply(x, slope)));
  }
  const [input = -1] = engine.getInputTensorIds([x]);
  const formula = new Formula(engine);
  const call = (op: string, ...inputs: number[]): number => formula.call(op, { inputs });
  const times = (id: number, float: number): number => formula.call("Mul", { inputs: [id], constants: [{ float }] });
  const plus = (id: number, float: number): number => formula.call("AddV2", { inputs: [id], constants: [{ float }] });
  const slope = plus(times(call("Mul", input, input), TANH_CUBIC * TANH_SLOPE), TANH_SLOPE);
  // `x / (1 + exp(-y))` is one op, if named for what it is the gradient of.
  return formula.result(call("SoftplusGrad", input, call("Mul", input, slope))) as T;
}

/** `x · sigmoid(x) · up`, the gate of SwiGLU. */
export function siluTimes<T extends Tensor>(x: T, up: T): T {
  const value = unrecorded(() => siluTimesOf(x, up));
  return recorded(value, { op: "siluTimes", inputs: [x, up] });
}

function siluTimesOf<T extends Tensor>(x: T, up: T): T {
  if (hasKernels()) return kernel("CodilensGate", [x, up]);
  const engine = engineOrNull();
  if (engine === null) return multiply(multiply(x, sigmoid(x)), up);
  const [input = -1, factor = -1] = engine.getInputTensorIds([x, up]);
  const formula = new Formula(engine);
  const call = (op: string, ...inputs: number[]): number => formula.call(op, { inputs });
  // In a graph, oneDNN fuses x · sigmoid(x) into one op whose last digits differ. Multiplying x by 1 first hides the pattern and changes no digit.
  const same = formula.call("Mul", { inputs: [input], constants: [{ float: 1 }] });
  return formula.result(call("Mul", call("Mul", same, call("Sigmoid", input)), factor)) as T;
}

/** Φ(x) of `geluExact(x) = x · Φ(x)`: the standard normal distribution function. */
export function gaussianGate<T extends Tensor>(x: T): T {
  if (tf.getBackend() !== "tensorflow") return normalDistribution(x);
  return scaled(shifted(tf.erf(scaled(x, Math.SQRT1_2)), 1), 0.5) as T;
}
