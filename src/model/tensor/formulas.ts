/** Formulas of several ops. On the native engine only their result is a tensor. */

import { attributesOf, engineOrNull, Formula, typed } from "./native-call.js";
import { normalDistribution } from "./normal-distribution.js";
import { add, mean, multiply, reciprocalRoot, scaled, shifted, sigmoid, subtract } from "./ops.js";
import { type Tensor, type Tensor2D, tf } from "./tf.js";

/** What a norm does. */
export interface NormFormula {
  /** Is the mean taken out first? Then it is a LayerNorm. */
  readonly centres: boolean;
  readonly eps: number;
}

/** What it multiplies by and adds, `[dModel, 1]` each. */
export interface NormAffine {
  readonly weight: Tensor2D;
  /** Null where nothing is added. */
  readonly bias: Tensor2D | null;
}

/** A norm over the first axis of `x` `[dModel, cells]`, with biased variance, as `torch.nn.LayerNorm`. @param affine null for what is before weight and bias. */
export function normColumns(x: Tensor2D, { centres, eps }: NormFormula, affine: NormAffine | null): Tensor2D {
  const engine = engineOrNull();
  if (engine === null) {
    const moved = centres ? subtract(x, mean(x, 0)) : x;
    const divided = multiply(moved, rmsScale(moved, eps));
    return affine === null ? divided : affineColumns(divided, affine);
  }
  const { weight, bias } = affine ?? { weight: null, bias: null };
  const given = [x, weight, bias].filter((tensor) => tensor !== null);
  const [input = -1, ...more] = engine.getInputTensorIds(given);
  const formula = new Formula(engine);
  const moved = centres
    ? formula.hold(formula.call("Sub", typed, [input, formula.call("Mean", attributesOf.Reduce, [input], [0])]))
    : input;
  const square = formula.call("Mean", attributesOf.Reduce, [formula.call("Mul", typed, [moved, moved])], [0]);
  const scale = formula.call("Rsqrt", typed, [formula.call("AddV2", typed, [square], { float: eps })]);
  let value = formula.call("Mul", typed, [moved, scale]);
  const [weightId, biasId] = more;
  if (weightId !== undefined) value = formula.call("Mul", typed, [value, weightId]);
  if (biasId !== undefined) value = formula.call("AddV2", typed, [value, biasId]);
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

/** Exact GELU, `x · Φ(x)` with the error function, as `torch.nn.GELU()`. */
export function geluExact<T extends Tensor>(x: T): T {
  return multiply(x, gaussianGate(x));
}

const TANH_SLOPE = 2 * Math.sqrt(2 / Math.PI);

/** GELU by the hyperbolic tangent, `x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³)))`: transformers' `gelu_new`. `(1 + tanh(y)) / 2` is the sigmoid of 2y. */
export function geluTanh<T extends Tensor>(x: T): T {
  const engine = engineOrNull();
  if (engine === null) {
    const slope = shifted(scaled(multiply(x, x), 0.044715 * TANH_SLOPE), TANH_SLOPE);
    return multiply(x, sigmoid(multiply(x, slope)));
  }
  const [input = -1] = engine.getInputTensorIds([x]);
  const formula = new Formula(engine);
  const square = formula.call("Mul", typed, [input, input]);
  const slope = formula.call("AddV2", typed, [formula.call("Mul", typed, [square], { float: 0.044715 * TANH_SLOPE })], {
    float: TANH_SLOPE,
  });
  // `x / (1 + exp(-y))` is one op, if named for what it is the gradient of.
  return formula.result(formula.call("SoftplusGrad", typed, [input, formula.call("Mul", typed, [input, slope])])) as T;
}

/** `x · sigmoid(x) · up`, the gate of SwiGLU. */
export function siluTimes<T extends Tensor>(x: T, up: T): T {
  const engine = engineOrNull();
  if (engine === null) return multiply(multiply(x, sigmoid(x)), up);
  const [input = -1, factor = -1] = engine.getInputTensorIds([x, up]);
  const formula = new Formula(engine);
  const silu = formula.call("Mul", typed, [input, formula.call("Sigmoid", typed, [input])]);
  return formula.result(formula.call("Mul", typed, [silu, factor])) as T;
}

/** Φ(x) of `geluExact(x) = x · Φ(x)`: the standard normal distribution function. */
export function gaussianGate<T extends Tensor>(x: T): T {
  if (tf.getBackend() !== "tensorflow") return normalDistribution(x);
  return scaled(shifted(tf.erf(scaled(x, Math.SQRT1_2)), 1), 0.5) as T;
}
