/** Rotary position embedding with LLaMA 3's frequency scaling (Su et al., arXiv 2104.09864; transformers `modeling_rope_utils.py`). */

import { type Tensor, type Tensor4D, tf } from "../tensor/tf.js";
import type { LlamaConfig } from "./config.js";

const fround = Math.fround;

/** Inverse frequencies `[dHead / 2]` in float32 steps, as the reference computes them. */
export function inverseFrequencies(config: LlamaConfig): Float32Array {
  const half = config.dHead / 2;
  const plain = Float32Array.from({ length: half }, (_, i) =>
    fround(1 / fround(config.ropeTheta ** fround((2 * i) / config.dHead))),
  );
  const scaling = config.ropeScaling;
  if (scaling === null) return plain;
  const lowWavelength = scaling.originalMaxPositions / scaling.lowFreqFactor;
  const highWavelength = scaling.originalMaxPositions / scaling.highFreqFactor;
  return plain.map((frequency) => {
    const wavelength = fround(fround(2 * Math.PI) / frequency);
    if (wavelength < highWavelength) return frequency;
    if (wavelength > lowWavelength) return fround(frequency / scaling.factor);
    const smooth = fround(
      fround(fround(scaling.originalMaxPositions / wavelength) - scaling.lowFreqFactor) /
        (scaling.highFreqFactor - scaling.lowFreqFactor),
    );
    return fround(fround(fround(1 - smooth) * fround(frequency / scaling.factor)) + fround(smooth * frequency));
  });
}

/** Cosines and sines for a forward's positions. */
export interface Rotation {
  /** `[batch, position, 1, dHead]`. */
  readonly cos: Tensor4D;
  readonly sin: Tensor4D;
}

/** @param positions RoPE position of each cell, `[batch * position]`. @returns tensors owned by the caller. */
export function rotationAt(positions: Int32Array, batch: number, frequencies: Float32Array): Rotation {
  const half = frequencies.length;
  const cos = new Float32Array(positions.length * half * 2);
  const sin = new Float32Array(positions.length * half * 2);
  for (const [cell, position] of positions.entries()) {
    for (let i = 0; i < half; i++) {
      const angle = fround(position * (frequencies[i] ?? 0));
      const at = cell * half * 2 + i;
      cos[at] = cos[at + half] = Math.cos(angle);
      sin[at] = sin[at + half] = Math.sin(angle);
    }
  }
  const shape: [number, number, number, number] = [batch, positions.length / batch, 1, half * 2];
  return { cos: tf.tensor4d(cos, shape), sin: tf.tensor4d(sin, shape) };
}

/** Rotates `x` `[batch, position, heads, dHead]`: `x · cos + rotateHalf(x) · sin`. */
export function rotate(x: Tensor4D, { cos, sin }: Rotation): Tensor4D {
  const [first, second] = tf.split(x, 2, 3) as [Tensor, Tensor];
  const turned = tf.concat([tf.neg(second), first], 3);
  return tf.add(tf.mul(x, cos), tf.mul(turned, sin));
}
