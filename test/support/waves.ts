/** Numbers to compute with, and what came of them to the bit. */

import { type Tensor, type Tensor2D, tf } from "../../src/model/tensor/tf.js";

/** A matrix of numbers between -3 and 3. */
export function wave(rows: number, columns: number, step: number): Tensor2D {
  return tf.tensor2d(
    Float32Array.from({ length: rows * columns }, (_, i) => 3 * Math.sin(i * step + 0.3)),
    [rows, columns],
  );
}

/** Shape and bits of each tensor. */
export function bits(tensors: readonly Tensor[]): string[] {
  return tensors.map(
    (tensor) => `${tensor.shape} ${Buffer.from((tensor.dataSync() as Float32Array).slice().buffer).toString("hex")}`,
  );
}
