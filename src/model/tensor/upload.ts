/**
 * Puts weights on the engine as they lie, `[out, in]`: widened to float32, LoRA merged. On the native engine all of it is done by
 * TensorFlow's own kernels on the stored 16-bit words, which is about ten times as fast as loops here.
 */

import { type NativeTensor, nativeBackend, settled } from "./engine.js";
import { type FloatValues, type LoraValues, widened } from "./floats.js";
import { fitsNative, type NativeWork, withNativeWork } from "./native-work.js";
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
  if (native !== null && words.every(fitsNative))
    return withNativeWork(native, (work) => {
      const wide = allRows(work, { parts, width });
      addPairs(work, wide, { parts, width });
      return native.createOutputTensor(work.handedOver(wide)) as Tensor2D;
    });
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

// Products of this size stay in the processor's cache. Larger ones, of 8 MiB, tear the C library's heap: up to 4 GB of holes in a load of 5 GB.
const PRODUCT_BYTES = 2 ** 21;

/** Rows one below the other, each of this width. */
interface Stacked {
  readonly parts: readonly MatrixRows[];
  readonly width: number;
}

/** All stored values as float32, in memory of the engine's own. */
function allRows(work: NativeWork, { parts, width }: Stacked): NativeTensor {
  const side = adjacent(parts.map(({ values }) => values));
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  if (side !== null && fitsNative(side)) return owned(work.raw(side, [rows, width]), work);
  return work.concat(parts.map((part) => owned(work.raw(part.values, [part.rows, width]), work)));
}

/** What shares the caller's memory must be copied. */
function owned(raw: NativeTensor, work: NativeWork): NativeTensor {
  const wide = work.wide(raw);
  return wide === raw ? work.op("AddV2", [raw, work.float(0)]) : wide;
}

/** Adds each part's pair in place: a sum beside the matrix would touch as much fresh memory once more. */
function addPairs(work: NativeWork, matrix: NativeTensor, { parts, width }: Stacked): void {
  if (parts.every(({ lora }) => lora === null)) return;
  const unit = parts.reduce((divisor, part) => commonDivisor(divisor, part.rows), 0);
  const most = Math.max(1, Math.floor(PRODUCT_BYTES / (4 * width)));
  // Rows that are added at once, and how many such a product has: the engine adds one after the other, each with all threads.
  let step = Math.min(unit, most);
  while (unit % step !== 0) step--;
  const steps = Math.max(1, Math.floor(most / step));
  let first = 0;
  for (const { rows, lora } of parts) {
    if (lora !== null) addPair(work, matrix, { lora, place: { first, rows, width, step, steps } });
    first += rows;
  }
}

/** Where a pair is added. */
type Place = Readonly<Record<"first" | "rows" | "width" | "step" | "steps", number>>;

function addPair(
  work: NativeWork,
  matrix: NativeTensor,
  { lora, place }: { readonly lora: LoraValues; readonly place: Place },
): void {
  const { a, b, rank, scale } = lora;
  const { first, rows, width, step, steps } = place;
  const target = work.reshaped(matrix, [matrix.shape.reduce((n, size) => n * size, 1) / (step * width), step * width]);
  const down = work.op("Mul", [work.wide(work.raw(a, [rank, width])), work.float(scale)]);
  for (let from = 0; from < rows; from += step * steps) {
    const count = Math.min(step * steps, rows - from);
    const up = work.wide(work.raw(rowsOf(b, { from, count, width: rank }), [count, rank]));
    const product = work.op("MatMul", [up, down], { plain: { transpose_a: false, transpose_b: false } });
    const addends = work.reshaped(product, [count / step, step * width]);
    const places = work.ints(Array.from({ length: count / step }, (_, i) => (first + from) / step + i));
    const sum = work.op("InplaceAdd", [target, places, addends]);
    for (const passed of [up, product, addends, places, sum]) work.free(passed);
  }
  for (const passed of [target, down]) work.free(passed);
}
