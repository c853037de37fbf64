/**
 * Puts weights on the engine as they lie, `[out, in]`: widened to float32, LoRA merged. On the native engine all of it is done by
 * TensorFlow's own kernels on the stored 16-bit words, which is about ten times as fast as loops here.
 */

import { type NativeBackend, type NativeTensor, nativeBackend, settled } from "./engine.js";
import { type FloatValues, type LoraValues, widened } from "./floats.js";
import { type Tensor2D, tf } from "./tf.js";

/** @param parts one after the other. @returns `[size of all, 1]`, owned by the caller; the values are copied. */
export function uploadVectors(parts: readonly FloatValues[]): Tensor2D {
  const size = parts.reduce((sum, { data }) => sum + data.length, 0);
  const all = new Float32Array(size);
  let first = 0;
  for (const part of parts) {
    all.set(part.dtype === "F32" ? part.data : widened(part), first);
    first += part.data.length;
  }
  return settled(tf.tensor2d(all, [size, 1]));
}

/** The engine may read an array late or share its memory, and the reader uses its memory again. */
function ownFloat32(values: FloatValues): Float32Array {
  return values.dtype === "F32" ? values.data.slice() : widened(values);
}

/** What an operation is given beside its inputs: types and counts, switches, and whether it has the type `T` of its first input. */
interface OpAttributes {
  readonly types?: Readonly<Record<string, number>>;
  readonly plain?: Readonly<Record<string, boolean>>;
  readonly typed?: boolean;
}

/** Rows of a matrix as they are stored, with the pair that is to be added to them. */
export interface MatrixRows {
  readonly rows: number;
  readonly values: FloatValues;
  readonly lora: LoraValues | null;
}

/**
 * @param parts one below the other; fastest where their values are adjacent in memory.
 * @param width of every row.
 * @returns `[rows of all, width]`, owned by the caller. The values may be overwritten afterwards.
 */
export function uploadMatrix(parts: readonly MatrixRows[], width: number): Tensor2D {
  const native = nativeBackend();
  const words = parts.flatMap(({ values, lora }) => [values, ...(lora === null ? [] : [lora.a, lora.b])]);
  if (native !== null && words.every(fitsNative)) return new NativeUpload(native).matrix(parts, width);
  const matrix = tf.tidy(() => {
    const pieces = parts.map(({ rows, values, lora }) => {
      const base = tf.tensor2d(ownFloat32(values), [rows, width]);
      return lora === null ? base : (tf.add(base, product(lora, [rows, width])) as Tensor2D);
    });
    return pieces.length === 1 ? (pieces[0] as Tensor2D) : tf.concat(pieces, 0);
  });
  return settled(matrix);
}

function product({ a, b, rank, scale }: LoraValues, [out, inner]: readonly [number, number]): Tensor2D {
  const [left, right] = [tf.tensor2d(widened(b), [out, rank]), tf.tensor2d(widened(a), [rank, inner])];
  return tf.matMul(left, tf.mul(right, scale));
}

/** 16-bit words go over in pairs, as 32-bit numbers. */
function fitsNative({ dtype, data }: FloatValues): boolean {
  return data.length > 0 && (dtype === "F32" || (data.length % 2 === 0 && data.byteOffset % 4 === 0));
}

function rowsOf(
  { dtype, data }: FloatValues,
  { from, count, width }: { readonly from: number; readonly count: number; readonly width: number },
): FloatValues {
  return { dtype, data: data.subarray(from * width, (from + count) * width) } as FloatValues;
}

/** Values that lie side by side, as one; null where they do not. */
function adjacent(all: readonly FloatValues[]): FloatValues | null {
  const [first, ...others] = all;
  if (first === undefined) return null;
  let { length } = first.data;
  for (const { dtype, data } of others) {
    const begin = first.data.byteOffset + length * data.BYTES_PER_ELEMENT;
    if (dtype !== first.dtype || data.buffer !== first.data.buffer || data.byteOffset !== begin) return null;
    length += data.length;
  }
  const { buffer, byteOffset } = first.data;
  return first.dtype === "F32"
    ? { dtype: "F32", data: new Float32Array(buffer, byteOffset, length) }
    : { dtype: first.dtype, data: new Uint16Array(buffer, byteOffset, length) };
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}

// TensorFlow's numbers for its types (types.proto).
const TYPE = { F32: 1, INT32: 3, BF16: 14, F16: 19 } as const;

// Products of this size stay in the processor's cache. Larger ones, of 8 MiB, tear the C library's heap: up to 4 GB of holes in a load of 5 GB.
const PRODUCT_BYTES = 2 ** 21;

/** One upload; every intermediate tensor lives until its end at most. */
class NativeUpload {
  readonly #made = new Set<number>();

  constructor(readonly native: NativeBackend) {}

  matrix(parts: readonly MatrixRows[], width: number): Tensor2D {
    try {
      const rows = parts.reduce((sum, part) => sum + part.rows, 0);
      const wide = this.#all(parts, [rows, width]);
      this.#addPairs(wide, parts, width);
      this.#made.delete(wide.id);
      return this.native.createOutputTensor(wide) as Tensor2D;
    } finally {
      for (const id of this.#made) this.native.binding.deleteTensor(id);
    }
  }

  /** All stored values as float32, in memory of the engine's own. */
  #all(parts: readonly MatrixRows[], shape: readonly [number, number]): NativeTensor {
    const side = adjacent(parts.map(({ values }) => values));
    if (side !== null && fitsNative(side)) return this.#own(side, shape);
    const pieces = parts.map(({ values, rows }) => this.#own(values, [rows, shape[1]]));
    const [first, ...others] = pieces;
    if (first === undefined) throw new RangeError("A matrix of no parts");
    const axis = this.#keep(this.native.binding.createTensor([], TYPE.INT32, Int32Array.of(0)), [], TYPE.INT32);
    const types = { N: pieces.length, T: TYPE.F32, Tidx: TYPE.INT32 };
    const whole = this.#op("ConcatV2", [first, ...others, axis], { types, typed: false });
    for (const piece of pieces) this.#free(piece);
    return whole;
  }

  #own(values: FloatValues, shape: readonly [number, number]): NativeTensor {
    const raw = this.#raw(values, shape);
    // What shares the caller's memory must be copied.
    return values.dtype === "F32" ? this.#op("AddV2", [raw, this.#float(0)]) : this.#wide(raw);
  }

  /** Adds each part's pair in place: a sum beside the matrix would touch as much fresh memory once more. */
  #addPairs(matrix: NativeTensor, parts: readonly MatrixRows[], width: number): void {
    if (parts.every(({ lora }) => lora === null)) return;
    const unit = parts.reduce((divisor, part) => commonDivisor(divisor, part.rows), 0);
    const most = Math.max(1, Math.floor(PRODUCT_BYTES / (4 * width)));
    // Rows that are added at once, and how many such a product has: the engine adds one after the other, each with all threads.
    let step = Math.min(unit, most);
    while (unit % step !== 0) step--;
    const steps = Math.max(1, Math.floor(most / step));
    let first = 0;
    for (const { rows, lora } of parts) {
      if (lora !== null) this.#addPair(matrix, lora, { first, rows, width, step, steps });
      first += rows;
    }
  }

  #addPair(
    matrix: NativeTensor,
    { a, b, rank, scale }: LoraValues,
    { first, rows, width, step, steps }: Readonly<Record<"first" | "rows" | "width" | "step" | "steps", number>>,
  ): void {
    const target = this.#reshaped(matrix, [
      matrix.shape.reduce((n, size) => n * size, 1) / (step * width),
      step * width,
    ]);
    const down = this.#op("Mul", [this.#wide(this.#raw(a, [rank, width])), this.#float(scale)]);
    for (let from = 0; from < rows; from += step * steps) {
      const count = Math.min(step * steps, rows - from);
      const up = this.#wide(this.#raw(rowsOf(b, { from, count, width: rank }), [count, rank]));
      const product = this.#op("MatMul", [up, down], { plain: { transpose_a: false, transpose_b: false } });
      const addends = this.#reshaped(product, [count / step, step * width]);
      const places = this.#ints(Array.from({ length: count / step }, (_, i) => (first + from) / step + i));
      const sum = this.#op("InplaceAdd", [target, places, addends]);
      for (const passed of [up, product, addends, places, sum]) this.#free(passed);
    }
    for (const passed of [target, down]) this.#free(passed);
  }

  #reshaped(matrix: NativeTensor, shape: readonly number[]): NativeTensor {
    return this.#op("Reshape", [matrix, this.#ints(shape)], { types: { Tshape: TYPE.INT32 } });
  }

  /** The stored values under their own type; shares the caller's memory. */
  #raw({ dtype, data }: FloatValues, shape: readonly [number, number]): NativeTensor {
    const { binding } = this.native;
    if (dtype === "F32") return this.#keep(binding.createTensor([...shape], TYPE.F32, data), shape, TYPE.F32);
    const pairs = new Int32Array(data.buffer, data.byteOffset, data.length / 2);
    const packed = this.#keep(binding.createTensor([pairs.length], TYPE.INT32, pairs), [pairs.length], TYPE.INT32);
    const halves = this.#op("Bitcast", [packed], { types: { type: TYPE[dtype] } });
    const matrix = this.#reshaped(halves, shape);
    this.#free(halves);
    return matrix;
  }

  #wide(handle: NativeTensor): NativeTensor {
    if (handle.dtype === TYPE.F32) return handle;
    const types = { SrcT: handle.dtype, DstT: TYPE.F32 };
    const wide = this.#op("Cast", [handle], { types, plain: { Truncate: false }, typed: false });
    this.#free(handle);
    return wide;
  }

  #ints(values: readonly number[]): NativeTensor {
    const { length } = values;
    return this.#keep(
      this.native.binding.createTensor([length], TYPE.INT32, Int32Array.from(values)),
      [length],
      TYPE.INT32,
    );
  }

  #float(value: number): NativeTensor {
    return this.#keep(this.native.binding.createTensor([], TYPE.F32, Float32Array.of(value)), [], TYPE.F32);
  }

  #op(
    name: string,
    inputs: readonly [NativeTensor, ...NativeTensor[]],
    { types = {}, plain = {}, typed = true }: OpAttributes = {},
  ): NativeTensor {
    const { binding } = this.native;
    const attributes = [
      ...Object.entries(typed ? { T: inputs[0].dtype, ...types } : types).map(([key, value]) => ({
        name: key,
        type: key === "N" ? binding.TF_ATTR_INT : binding.TF_ATTR_TYPE,
        value,
      })),
      ...Object.entries(plain).map(([key, value]) => ({ name: key, type: binding.TF_ATTR_BOOL, value })),
    ];
    const ids = inputs.map(({ id }) => id);
    const [result] = binding.executeOp(name, attributes, ids, 1);
    if (result === undefined) throw new RangeError(`${name} gave no result`);
    this.#made.add(result.id);
    return result;
  }

  /** Memory that is needed no more. */
  #free({ id }: NativeTensor): void {
    if (this.#made.delete(id)) this.native.binding.deleteTensor(id);
  }

  #keep(id: number, shape: readonly number[], dtype: number): NativeTensor {
    this.#made.add(id);
    return { id, shape: [...shape], dtype };
  }
}
