/**
 * Matrices as the model keeps them: in float32, or in the 16 bits of their file, in memory of the engine's own. What is kept in 16 bits is
 * widened to float32, which is exact, whenever it is used, and freed afterwards.
 */

import { type NativeBackend, type NativeTensor, nativeBackend, rawEngine } from "./engine.js";
import type { FloatValues } from "./floats.js";
import { fitsNative, withNativeWork } from "./native-work.js";
import { concat, gather } from "./ops.js";
import { type Tensor, type Tensor2D, tf } from "./tf.js";

/** A matrix of the model. */
export type Matrix = Tensor2D | HeldMatrix;

/** Float32 bytes that are widened at once for a product of one column: they stay in the processor's cache until they are multiplied. */
const PANEL_BYTES = 2 ** 23;

/** A matrix in the 16 bits of its file. Owned by whoever made it. */
export class HeldMatrix {
  readonly size: number;
  #stored: NativeTensor | null;

  constructor(
    readonly native: NativeBackend,
    readonly shape: readonly [number, number],
    stored: NativeTensor,
  ) {
    this.size = shape[0] * shape[1];
    this.#stored = stored;
  }

  /** TensorFlow's number of its type. */
  get dtype(): number {
    return this.#held().dtype;
  }

  /** The C library's number of it, which stays this matrix's. */
  get storedId(): number {
    return this.#held().id;
  }

  /** All of it in float32, owned by the caller. */
  widened(): Tensor2D {
    return this.#wide(null);
  }

  /** All of it in float32, a few rows at a time, in their order; each is owned by the caller. */
  *panels(): Generator<Tensor2D> {
    const [rows, width] = this.shape;
    const each = Math.max(1, Math.floor(PANEL_BYTES / (4 * width)));
    for (let from = 0; from < rows; from += each) yield this.#wide({ from, count: Math.min(each, rows - from) });
  }

  /** Some rows in float32, `[rows, width]`, owned by the caller. */
  rows(index: ArrayLike<number>): Tensor2D {
    return tf.tidy(() => joined(Array.from(index, (from) => this.#wide({ from, count: 1 }))));
  }

  /** Frees it; safe to call twice. */
  dispose(): void {
    if (this.#stored !== null) this.native.binding.deleteTensor(this.#stored.id);
    this.#stored = null;
  }

  #held(): NativeTensor {
    if (this.#stored === null) throw new RangeError("A matrix was used after it was freed");
    return this.#stored;
  }

  #wide(rows: { readonly from: number; readonly count: number } | null): Tensor2D {
    const stored = this.#held();
    return withNativeWork(this.native, (work) => {
      const wide = work.wide(rows === null ? stored : work.rows(stored, rows));
      return this.native.createOutputTensor(work.handedOver(wide)) as Tensor2D;
    });
  }
}

/** Is it kept in the bits of its file? */
export function isHeld(matrix: Matrix): matrix is HeldMatrix {
  return matrix instanceof HeldMatrix;
}

function joined(parts: readonly Tensor2D[]): Tensor2D {
  const [only] = parts;
  return only !== undefined && parts.length === 1 ? only : concat(parts, 0);
}

/** What `body` makes of a matrix in float32. What is widened for it is freed afterwards: `body` must not return the matrix itself. */
export function inFloat32<T>(matrix: Matrix, body: (matrix: Tensor2D) => T): T {
  return matrix instanceof HeldMatrix ? passing(matrix.widened(), body) : body(matrix);
}

/**
 * `multiplied(matrix)`, a product with a vector. A sum of such a product is one row's alone, so its bits stay where rows are cut. Those of a
 * product with more columns do not: it depends on the size of the whole how the engine shares a sum among threads.
 */
export function timesVector(matrix: Matrix, multiplied: (rows: Tensor2D) => Tensor2D): Tensor2D {
  if (!(matrix instanceof HeldMatrix) || rawEngine() === null) return inFloat32(matrix, multiplied);
  return tf.tidy(() => joined(Array.from(matrix.panels(), (panel) => passing(panel, multiplied))));
}

function passing<T>(matrix: Tensor2D, body: (matrix: Tensor2D) => T): T {
  try {
    return body(matrix);
  } finally {
    matrix.dispose();
  }
}

/** A matrix in float32, owned by the caller. */
export function float32Copy(matrix: Matrix): Tensor2D {
  return matrix instanceof HeldMatrix ? matrix.widened() : matrix.clone();
}

/** Rows of a matrix in float32, `[rows, width]`, owned by the caller. */
export function rowsInFloat32(matrix: Matrix, index: ArrayLike<number>): Tensor2D {
  return matrix instanceof HeldMatrix ? matrix.rows(index) : gather(matrix, index, 0);
}

/** Rows of a matrix as they are stored. */
export interface StoredRows {
  readonly rows: number;
  readonly values: FloatValues;
}

/**
 * Holds a matrix in the 16 bits of its file, on the native engine.
 *
 * @param parts one below the other, of one 16-bit type. The values may be overwritten afterwards.
 * @param width of every row.
 * @param turned is it to be used as `[width, rows of all]`?
 * @returns null where the engine cannot take it so.
 */
export function holdMatrix(
  parts: readonly StoredRows[],
  width: number,
  { turned }: { readonly turned: boolean },
): HeldMatrix | null {
  const native = nativeBackend();
  const values = parts.map((part) => part.values);
  if (native === null || !values.every(fitsNative)) return null;
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  return withNativeWork(native, (work) => {
    const stored = work.joined(values, [rows, width]);
    const whole = turned ? work.turned(stored) : stored;
    const shape = turned ? ([width, rows] as const) : ([rows, width] as const);
    return new HeldMatrix(native, shape, work.handedOver(whole));
  });
}

/** Matrices that are there as tensors, without those that are null; null where one is held otherwise. */
export function tensorsIn(matrices: readonly (Matrix | null)[]): readonly Tensor[] | null {
  const all = matrices.filter((matrix) => matrix !== null);
  return all.some((matrix) => matrix instanceof HeldMatrix) ? null : (all as Tensor[]);
}
