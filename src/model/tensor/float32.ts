/** Keeps the engine's products in float32: libraries may round them to fewer bits without a word, by a setting or by their own choice. */

import { EnvironmentError } from "../../base/errors.js";
import { numbersOf } from "./numbers.js";
import { type Tensor2D, tf } from "./tf.js";

/** Variables that let oneDNN (CPU) or cuBLAS (GPU) round float32 products to BF16 or TF32, and the value that forbids it. */
const STRICT: Readonly<Record<string, string>> = {
  // oneDNN's own, under its newer and its older name.
  ONEDNN_DEFAULT_FPMATH_MODE: "STRICT",
  DNNL_DEFAULT_FPMATH_MODE: "STRICT",
  // TensorFlow's, which stands above oneDNN's.
  TF_SET_ONEDNN_FPMATH_MODE: "STRICT",
  // GPUs from Ampere on round to 10 bits of mantissa by default.
  NVIDIA_TF32_OVERRIDE: "0",
};

/**
 * Sets the variables; to be called before the library is loaded.
 *
 * @returns one line for each that asked for something else.
 */
export function forbidRounding(env: Record<string, string | undefined>): string[] {
  const notices = Object.entries(STRICT).flatMap(([name, strict]) => {
    const found = env[name];
    return found === undefined || found === "" || found.toUpperCase() === strict
      ? []
      : [`${name}=${found} would round products to fewer bits than float32 has; ${strict} is used instead`];
  });
  Object.assign(env, STRICT);
  return notices;
}

const SIZE = 128;
const CHECKED_ROWS = 4;
const UNIT_ROUNDOFF = 2 ** -24;

/**
 * Multiplies two matrices on the engine and compares with float64.
 *
 * @param multiply `[rows, inner] × [inner, columns]`, by default the engine's own product.
 * @throws EnvironmentError when an element is further off than any order of float32 sums can be (n · 2⁻²⁴ · Σ|a||b|, Higham 2002, section 3.1).
 */
export async function checkFloat32(multiply: (a: Tensor2D, b: Tensor2D) => Tensor2D = tf.matMul): Promise<void> {
  const [a, b] = [wave(1.3), wave(2.1)];
  const product = tf.tidy(() => multiply(tf.tensor2d(a, [SIZE, SIZE]), tf.tensor2d(b, [SIZE, SIZE])));
  const found = await numbersOf(product);
  product.dispose();
  for (let row = 0; row < CHECKED_ROWS; row++)
    for (let column = 0; column < SIZE; column++) {
      const { sum, size } = exact(a, b, { row, column });
      const error = Math.abs((found[row * SIZE + column] ?? Number.NaN) - sum);
      if (!(error <= SIZE * UNIT_ROUNDOFF * size))
        throw new EnvironmentError(
          `The engine does not compute in float32: an element of a product is off by ${error.toExponential(1)}, at most ${(SIZE * UNIT_ROUNDOFF * size).toExponential(1)} is rounding`,
          `unset variables that choose a lower precision (${Object.keys(STRICT).join(", ")}), or take another engine with --engine wasm`,
        );
    }
}

/** Values that fill all bits of float32's mantissa. */
function wave(step: number): Float32Array {
  return Float32Array.from({ length: SIZE * SIZE }, (_, i) => Math.sin(i * step + 0.1));
}

function exact(
  a: Float32Array,
  b: Float32Array,
  { row, column }: { readonly row: number; readonly column: number },
): { sum: number; size: number } {
  let sum = 0;
  let size = 0;
  for (let k = 0; k < SIZE; k++) {
    const term = (a[row * SIZE + k] ?? 0) * (b[k * SIZE + column] ?? 0);
    sum += term;
    size += Math.abs(term);
  }
  return { sum, size };
}
