/** Rotary position embedding with LLaMA 3's frequency scaling (Su et al., arXiv 2104.09864; transformers `modeling_rope_utils.py`). */

import type { Turn } from "../tensor/formulas.js";
import { tf } from "../tensor/tf.js";
import type { RotaryConfig } from "./config-rotary.js";

const fround = Math.fround;

/** Inverse frequencies `[dHead / 2]` in float32 steps, as the reference computes them. */
export function inverseFrequencies(config: Pick<RotaryConfig, "dHead" | "ropeTheta" | "ropeScaling">): Float32Array {
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

/** Cosines and sines for a forward's cells. */
export type Rotation = Turn;

/** @param positions RoPE position of each cell, `[batch * position]`. @returns tensors owned by the caller. */
export function rotationAt(positions: Int32Array, batch: number, frequencies: Float32Array): Rotation {
  const half = frequencies.length;
  const cells = positions.length;
  const cos = new Float32Array(2 * half * cells);
  const sin = new Float32Array(2 * half * cells);
  for (let i = 0; i < half; i++) {
    for (let cell = 0; cell < cells; cell++) {
      const angle = fround((positions[cell] ?? 0) * (frequencies[i] ?? 0));
      const [upper, lower] = [i * cells + cell, (i + half) * cells + cell];
      cos[upper] = cos[lower] = Math.cos(angle);
      sin[lower] = Math.sin(angle);
      sin[upper] = -(sin[lower] as number);
    }
  }
  const shape: [number, number, number, number] = [1, 2 * half, batch, cells / batch];
  return { cos: tf.tensor4d(cos, shape), sin: tf.tensor4d(sin, shape) };
}
