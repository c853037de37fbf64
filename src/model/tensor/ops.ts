/** The few numeric pieces that LLaMA and the projection share. Axes in brackets; `rows` is any flattened leading axes. */

import { plainMatMul } from "./backend.js";
import { type Tensor, type Tensor1D, type Tensor2D, tf } from "./tf.js";

/**
 * Product over the last axis. Uses the engine's plain `MatMul` where it has one: `tf.matMul` is lowered to a batched product that is
 * up to 2.5 times slower at one row.
 *
 * @param x `[…, in]`.
 * @param weight `[in, out]`.
 * @param bias `[out]`, optional.
 * @returns `[…, out]`, owned by the caller.
 */
export function linear(x: Tensor, weight: Tensor2D, bias?: Tensor1D): Tensor {
  const [inSize, outSize] = weight.shape;
  const rows = x.rank === 2 ? (x as Tensor2D) : tf.reshape<tf.Rank.R2>(x, [-1, inSize]);
  const product = plainMatMul(rows, weight);
  const shifted = bias === undefined ? product : tf.add(product, bias);
  return x.rank === 2 ? shifted : tf.reshape(shifted, [...x.shape.slice(0, -1), outSize]);
}

/** `x / sqrt(mean(x²) + eps)` over the last axis `[…, dModel]`, before the norm's weight (Zhang and Sennrich 2019). */
export function rmsNormalize(x: Tensor, eps: number): Tensor {
  const meanSquare = tf.mean(tf.square(x), -1, true);
  return tf.mul(x, tf.rsqrt(tf.add(meanSquare, eps)));
}

/** LayerNorm over the last axis `[…, dModel]` with biased variance, as `torch.nn.LayerNorm`. */
export function layerNorm(x: Tensor, weight: Tensor1D, bias: Tensor1D, eps: number): Tensor {
  const centred = tf.sub(x, tf.mean(x, -1, true));
  const variance = tf.mean(tf.square(centred), -1, true);
  return tf.add(tf.mul(tf.mul(centred, tf.rsqrt(tf.add(variance, eps))), weight), bias);
}

/** Exact GELU, `x · Φ(x)` with the error function, as `torch.nn.GELU()`. */
export function geluExact(x: Tensor): Tensor {
  return tf.mul(tf.mul(x, 0.5), tf.add(erf(tf.mul(x, Math.SQRT1_2)), 1));
}

function erf(x: Tensor): Tensor {
  if (tf.getBackend() === "tensorflow") return tf.erf(x);
  return erfPortable(x);
}

// Abramowitz and Stegun's 5-term form (1.5e-7) that some backends use loses digits near 0; this is Sun's rational form (fdlibm s_erf.c),
// evaluated on the host: the projection has few elements, and it keeps parity with PyTorch to a float32 unit.
function erfPortable(x: Tensor): Tensor {
  const values = x.dataSync() as Float32Array;
  return tf.tensor(Float32Array.from(values, erfNumber), x.shape);
}

/** Error function in double precision by series (|x| < 2.5) and continued fraction (beyond); relative error below 1e-14. */
export function erfNumber(x: number): number {
  const a = Math.abs(x);
  if (a > 6) return Math.sign(x);
  if (a < 2.5) {
    let term = a;
    let sum = a;
    for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
      term *= (-a * a) / n;
      sum += term / (2 * n + 1);
      if (term === 0) break;
    }
    return (Math.sign(x) * 2 * sum) / Math.sqrt(Math.PI);
  }
  let fraction = a;
  for (let n = 60; n > 0; n--) fraction = a + n / 2 / fraction;
  return Math.sign(x) * (1 - Math.exp(-a * a) / (fraction * Math.sqrt(Math.PI)));
}
