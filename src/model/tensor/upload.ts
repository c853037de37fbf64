/**
 * Puts weights on the engine as they lie, `[out, in]`: widened to float32, LoRA merged. On the native engine all of it is done by
 * TensorFlow's own kernels on the stored 16-bit words, which is about ten times as fast as loops here.
 */

import { type NativeBackend, type NativeTensor, nativeBackend } from "./backend.js";
import { type FloatValues, type LoraValues, widened } from "./floats.js";
import { concat } from "./ops.js";
import { type Tensor2D, tf } from "./tf.js";

/** @returns `[size, 1]`, owned by the caller; the values are copied. */
export function uploadVector(values: FloatValues): Tensor2D {
  return tf.tensor2d(ownFloat32(values), [values.data.length, 1]);
}

/** The engine may read an array late or share its memory, and the reader uses its memory again. */
function ownFloat32(values: FloatValues): Float32Array {
  return values.dtype === "F32" ? values.data.slice() : widened(values);
}

/**
 * @param shape `[out, in]` of the values.
 * @returns the matrix in pieces of some rows, to be joined with `joinRows`; owned by the caller. The values may be overwritten afterwards.
 */
export function uploadRows(
  values: FloatValues,
  shape: readonly [number, number],
  lora: LoraValues | null = null,
): Tensor2D[] {
  const native = nativeBackend();
  const words = [values, ...(lora === null ? [] : [lora.a, lora.b])];
  if (native !== null && words.every(fitsNative)) return new NativeUpload(native).rows(values, shape, lora);
  const whole = tf.tidy(() => {
    const base = tf.tensor2d(ownFloat32(values), [...shape]);
    return lora === null ? base : tf.add(base, product(lora, shape));
  }) as Tensor2D;
  return [whole];
}

/** Pieces one below the other as one matrix; frees them. */
export function joinRows(pieces: readonly Tensor2D[]): Tensor2D {
  const [only] = pieces;
  if (only !== undefined && pieces.length === 1) return only;
  const joined = tf.tidy(() => tf.keep(concat(pieces, 0)));
  tf.dispose([...pieces]);
  return joined;
}

function product({ a, b, rank, scale }: LoraValues, [out, inner]: readonly [number, number]): Tensor2D {
  const [left, right] = [tf.tensor2d(widened(b), [out, rank]), tf.tensor2d(widened(a), [rank, inner])];
  return tf.matMul(left, tf.mul(right, scale));
}

/** 16-bit words go over in pairs, as 32-bit numbers. */
function fitsNative({ dtype, data }: FloatValues): boolean {
  return data.length > 0 && (dtype === "F32" || (data.length % 2 === 0 && data.byteOffset % 4 === 0));
}

interface RowRange {
  readonly from: number;
  readonly count: number;
}

function rowsOf({ dtype, data }: FloatValues, { from, count }: RowRange, width: number): FloatValues {
  return { dtype, data: data.subarray(from * width, (from + count) * width) } as FloatValues;
}

// TensorFlow's numbers for its types (types.proto).
const TYPE = { F32: 1, INT32: 3, BF16: 14, F16: 19 } as const;

// Passing forms of this size stay in the processor's cache, and the system's allocator keeps their pages.
const SLAB_BYTES = 2 ** 22;

/** One upload, by slabs of the stored rows; every intermediate tensor lives until its end at most. */
class NativeUpload {
  readonly #made = new Set<number>();

  constructor(readonly native: NativeBackend) {}

  rows(values: FloatValues, [out, inner]: readonly [number, number], lora: LoraValues | null): Tensor2D[] {
    try {
      const pair = lora === null ? null : { ...lora, down: this.#down(lora, inner) };
      // Whole cache lines, so that every slab begins where the engine can share its memory.
      const most = 32 * Math.ceil(SLAB_BYTES / (32 * 4 * inner));
      const slabs = Array.from({ length: Math.ceil(out / most) }, (_, i) => {
        const range = { from: i * most, count: Math.min(most, out - i * most) };
        const wide = this.#wide(this.#raw(rowsOf(values, range, inner), [range.count, inner]));
        if (pair !== null) return this.#merged(wide, pair, range);
        // What shares the caller's memory must be copied.
        return values.dtype === "F32" ? this.#op("AddV2", wide, [this.#float(0)]) : wide;
      });
      for (const { id } of slabs) this.#made.delete(id);
      return slabs.map((slab) => this.native.createOutputTensor(slab) as Tensor2D);
    } finally {
      for (const id of this.#made) this.native.binding.deleteTensor(id);
    }
  }

  /** The pair's scaled first half. */
  #down({ a, rank, scale }: LoraValues, inner: number): NativeTensor {
    return this.#op("Mul", this.#wide(this.#raw(a, [rank, inner])), [this.#float(scale)]);
  }

  #merged(
    base: NativeTensor,
    { b, rank, down }: LoraValues & { readonly down: NativeTensor },
    range: RowRange,
  ): NativeTensor {
    const up = this.#wide(this.#raw(rowsOf(b, range, rank), [range.count, rank]));
    const delta = this.#op("MatMul", up, [down], {}, { transpose_a: false, transpose_b: false });
    const sum = this.#op("AddV2", base, [delta]);
    for (const passed of [base, up, delta]) this.#free(passed);
    return sum;
  }

  /** The stored values under their own type; shares the caller's memory. */
  #raw({ dtype, data }: FloatValues, shape: readonly [number, number]): NativeTensor {
    const { binding } = this.native;
    if (dtype === "F32") return this.#keep(binding.createTensor([...shape], TYPE.F32, data), shape, TYPE.F32);
    const pairs = new Int32Array(data.buffer, data.byteOffset, data.length / 2);
    const packed = this.#keep(binding.createTensor([pairs.length], TYPE.INT32, pairs), [pairs.length], TYPE.INT32);
    const halves = this.#op("Bitcast", packed, [], { type: TYPE[dtype] });
    const matrix = this.#op("Reshape", halves, [this.#ints(shape)], { Tshape: TYPE.INT32 });
    this.#free(halves);
    return matrix;
  }

  #wide(handle: NativeTensor): NativeTensor {
    if (handle.dtype === TYPE.F32) return handle;
    const wide = this.#op("Cast", handle, [], { SrcT: handle.dtype, DstT: TYPE.F32 }, { Truncate: false }, false);
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
    first: NativeTensor,
    others: readonly NativeTensor[],
    types: Readonly<Record<string, number>> = {},
    plain: Readonly<Record<string, boolean>> = {},
    typed = true,
  ): NativeTensor {
    const { binding } = this.native;
    const attributes = [
      ...Object.entries(typed ? { T: first.dtype, ...types } : types).map(([key, value]) => ({
        name: key,
        type: binding.TF_ATTR_TYPE,
        value,
      })),
      ...Object.entries(plain).map(([key, value]) => ({ name: key, type: binding.TF_ATTR_BOOL, value })),
    ];
    const [result] = binding.executeOp(name, attributes, [first.id, ...others.map(({ id }) => id)], 1);
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
