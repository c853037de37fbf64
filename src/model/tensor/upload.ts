/**
 * Puts weights on the engine: widened to float32, LoRA merged, turned to `[in, out]`. On the native engine all of it is done by
 * TensorFlow's own kernels on the stored 16-bit words, which is about ten times as fast as loops here.
 */

import { type NativeBackend, type NativeTensor, nativeBackend } from "./backend.js";
import { type FloatValues, type LoraValues, widened } from "./floats.js";
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

// TensorFlow's numbers for its types (types.proto).
const TYPE = { F32: 1, INT32: 3, BF16: 14, F16: 19 } as const;

/** One upload; every intermediate tensor lives until its end at most. */
class NativeUpload {
  readonly #made: number[] = [];

  constructor(readonly native: NativeBackend) {}

  matrix(values: FloatValues, shape: readonly [number, number], turned: boolean, lora: LoraValues | null): Tensor2D {
    try {
      const raw = this.#raw(values, shape);
      const placed = turned ? this.#op("Transpose", raw, [this.#ints([1, 0])], { Tperm: TYPE.INT32 }) : raw;
      const wide = this.#wide(placed);
      const result = lora === null ? wide : this.#merged(wide, lora, shape, turned);
      // What shares the caller's memory must be copied.
      const own = result === raw ? this.#op("AddV2", raw, [this.#float(0)]) : result;
      this.#made.splice(this.#made.indexOf(own.id), 1);
      return this.native.createOutputTensor(own) as Tensor2D;
    } finally {
      for (const id of this.#made) this.native.binding.deleteTensor(id);
    }
  }

  #merged(
    base: NativeTensor,
    { a, b, rank, scale }: LoraValues,
    [out, inner]: readonly [number, number],
    turned: boolean,
  ): NativeTensor {
    const down = this.#op("Mul", this.#wide(this.#raw(a, [rank, inner])), [this.#float(scale)]);
    const up = this.#wide(this.#raw(b, [out, rank]));
    const [left, right] = turned ? [down, up] : [up, down];
    const delta = this.#op("MatMul", left, [right], {}, { transpose_a: turned, transpose_b: turned });
    return this.#op("AddV2", base, [delta]);
  }

  /** The stored values under their own type; shares the caller's memory. */
  #raw({ dtype, data }: FloatValues, shape: readonly [number, number]): NativeTensor {
    const { binding } = this.native;
    if (dtype === "F32") return this.#keep(binding.createTensor([...shape], TYPE.F32, data), shape, TYPE.F32);
    const pairs = new Int32Array(data.buffer, data.byteOffset, data.length / 2);
    const packed = this.#keep(binding.createTensor([pairs.length], TYPE.INT32, pairs), [pairs.length], TYPE.INT32);
    const halves = this.#op("Bitcast", packed, [], { type: TYPE[dtype] });
    return this.#op("Reshape", halves, [this.#ints(shape)], { Tshape: TYPE.INT32 });
  }

  #wide(handle: NativeTensor): NativeTensor {
    if (handle.dtype === TYPE.F32) return handle;
    return this.#op("Cast", handle, [], { SrcT: handle.dtype, DstT: TYPE.F32 }, { Truncate: false }, false);
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
    flags: Readonly<Record<string, boolean>> = {},
    typed = true,
  ): NativeTensor {
    const { binding } = this.native;
    const attributes = [
      ...Object.entries(typed ? { T: first.dtype, ...types } : types).map(([key, value]) => ({
        name: key,
        type: binding.TF_ATTR_TYPE,
        value,
      })),
      ...Object.entries(flags).map(([key, value]) => ({ name: key, type: binding.TF_ATTR_BOOL, value })),
    ];
    const [result] = binding.executeOp(name, attributes, [first.id, ...others.map(({ id }) => id)], 1);
    if (result === undefined) throw new RangeError(`${name} gave no result`);
    this.#made.push(result.id);
    return result;
  }

  #keep(id: number, shape: readonly number[], dtype: number): NativeTensor {
    this.#made.push(id);
    return { id, shape: [...shape], dtype };
  }
}
