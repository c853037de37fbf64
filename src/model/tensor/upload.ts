/**
 * Puts weights on the engine: widened to float32, LoRA merged, turned to `[in, out]`. On the native engine all of it is done by
 * TensorFlow's own kernels on the stored 16-bit words, which is about ten times as fast as loops here.
 */

import { type NativeBackend, type NativeTensor, nativeBackend } from "./backend.js";
import { type FloatValues, type LoraValues, widened } from "./floats.js";
import { type Tensor1D, type Tensor2D, tf } from "./tf.js";

/** @returns `[size]`, owned by the caller; the values are copied. */
export function uploadVector(values: FloatValues): Tensor1D {
  return tf.tensor1d(ownFloat32(values));
}

/** The engine may read an array late or share its memory, and the reader uses its memory again. */
function ownFloat32(values: FloatValues): Float32Array {
  return values.dtype === "F32" ? values.data.slice() : widened(values);
}

/**
 * @param shape `[out, in]` of the values.
 * @param turned the result is `[in, out]` instead of `[out, in]`.
 * @returns owned by the caller; the values are free to be overwritten afterwards.
 */
export function uploadMatrix(
  values: FloatValues,
  shape: readonly [number, number],
  turned: boolean,
  lora: LoraValues | null = null,
): Tensor2D {
  const native = nativeBackend();
  const words = [values, ...(lora === null ? [] : [lora.a, lora.b])];
  if (native !== null && words.every(fitsNative)) return new NativeUpload(native).matrix(values, shape, turned, lora);
  return tf.tidy(() => {
    const base = tf.tensor2d(ownFloat32(values), [...shape]);
    const merged = lora === null ? base : tf.add(base, product(lora, shape));
    return turned ? tf.transpose(merged) : merged;
  }) as Tensor2D;
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

  matrix(
    values: FloatValues,
    [out, inner]: readonly [number, number],
    turned: boolean,
    lora: LoraValues | null,
  ): Tensor2D {
    try {
      const pair = lora === null ? null : { ...lora, down: this.#down(lora, inner) };
      // Whole cache lines, so that every slab begins where the engine can share its memory.
      const rows = 32 * Math.ceil(SLAB_BYTES / (32 * 4 * inner));
      const slabs = Array.from({ length: Math.ceil(out / rows) }, (_, i) => {
        const range = { from: i * rows, count: Math.min(rows, out - i * rows) };
        const wide = this.#wide(this.#raw(rowsOf(values, range, inner), [range.count, inner]));
        const placed = turned ? this.#turned(wide) : wide;
        return pair === null ? placed : this.#merged(placed, pair, range, turned);
      });
      const result = this.#joined(slabs, turned ? 1 : 0);
      // What shares the caller's memory must be copied.
      const shared = slabs.length === 1 && values.dtype === "F32" && !turned && lora === null;
      const own = shared ? this.#op("AddV2", result, [this.#float(0)]) : result;
      this.#made.delete(own.id);
      return this.native.createOutputTensor(own);
    } finally {
      for (const id of this.#made) this.native.binding.deleteTensor(id);
    }
  }

  /** The pair's scaled first half. */
  #down({ a, rank, scale }: LoraValues, inner: number): NativeTensor {
    return this.#op("Mul", this.#wide(this.#raw(a, [rank, inner])), [this.#float(scale)]);
  }

  /** By oneDNN's kernel where the engine has it: the same bits in half the time. Its product is not taken, it rounds narrow slabs otherwise. */
  #turned(matrix: NativeTensor): NativeTensor {
    const axes = this.#ints([1, 0]);
    const turned = this.native.hasOneDnn
      ? this.#op("_MklTranspose", matrix, [axes], { Tperm: TYPE.INT32 }, { _kernel: "MklNameChangeOp" })
      : this.#op("Transpose", matrix, [axes], { Tperm: TYPE.INT32 });
    this.#free(matrix);
    return turned;
  }

  #merged(
    base: NativeTensor,
    { b, rank, down }: LoraValues & { readonly down: NativeTensor },
    range: RowRange,
    turned: boolean,
  ): NativeTensor {
    const up = this.#wide(this.#raw(rowsOf(b, range, rank), [range.count, rank]));
    const [left, right] = turned ? [down, up] : [up, down];
    const delta = this.#op("MatMul", left, [right], {}, { transpose_a: turned, transpose_b: turned });
    const sum = this.#op("AddV2", base, [delta]);
    for (const passed of [base, up, delta]) this.#free(passed);
    return sum;
  }

  #joined(slabs: readonly NativeTensor[], axis: number): NativeTensor {
    const [first, ...others] = slabs as [NativeTensor, ...NativeTensor[]];
    if (others.length === 0) return first;
    const at = this.#keep(this.native.binding.createTensor([], TYPE.INT32, Int32Array.of(axis)), [], TYPE.INT32);
    return this.#op("ConcatV2", first, [...others, at], { Tidx: TYPE.INT32 }, { N: slabs.length });
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
    plain: Readonly<Record<string, boolean | number | string>> = {},
    typed = true,
  ): NativeTensor {
    const { binding } = this.native;
    const attributes = [
      ...Object.entries(typed ? { T: first.dtype, ...types } : types).map(([key, value]) => ({
        name: key,
        type: binding.TF_ATTR_TYPE,
        value,
      })),
      ...Object.entries(plain).map(([key, value]) => ({ name: key, type: this.#kindOf(value), value })),
    ];
    const [result] = binding.executeOp(name, attributes, [first.id, ...others.map(({ id }) => id)], 1);
    if (result === undefined) throw new RangeError(`${name} gave no result`);
    this.#made.add(result.id);
    return result;
  }

  #kindOf(value: boolean | number | string): number {
    const { binding } = this.native;
    if (typeof value === "boolean") return binding.TF_ATTR_BOOL;
    return typeof value === "number" ? binding.TF_ATTR_INT : binding.TF_ATTR_STRING;
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
