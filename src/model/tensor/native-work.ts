/** Operations of TensorFlow's C library on values as files store them, called past tfjs, which has no 16-bit floats. */

import type { NativeBackend, NativeTensor } from "./engine.js";
import type { FloatValues } from "./floats.js";

/** TensorFlow's numbers for its types (types.proto). */
const TYPE = { F32: 1, INT32: 3, BF16: 14, F16: 19 } as const;

/** What an operation is given beside its inputs: types and counts, switches, and whether it has the type `T` of its first input. */
interface OpAttributes {
  readonly types?: Readonly<Record<string, number>>;
  readonly plain?: Readonly<Record<string, boolean>>;
  readonly typed?: boolean;
}

/** 16-bit words go over in pairs, as 32-bit numbers. */
export function fitsNative({ dtype, data }: FloatValues): boolean {
  return data.length > 0 && (dtype === "F32" || (data.length % 2 === 0 && data.byteOffset % 4 === 0));
}

/** Runs `body`, and frees what it made and did not hand over. */
export function withNativeWork<T>(native: NativeBackend, body: (work: NativeWork) => T): T {
  const work = new NativeWork(native);
  try {
    return body(work);
  } finally {
    work.freeAll();
  }
}

/** One piece of work; every intermediate tensor lives until its end at most. */
export class NativeWork {
  readonly #made = new Set<number>();

  constructor(readonly native: NativeBackend) {}

  /** The stored values under their own type; shares the caller's memory. */
  raw({ dtype, data }: FloatValues, shape: readonly [number, number]): NativeTensor {
    if (dtype === "F32")
      return this.#keep(this.native.binding.createTensor([...shape], TYPE.F32, data), shape, TYPE.F32);
    return this.#halves(this.#words(data), { dtype, shape });
  }

  /** Values of one 16-bit type one after the other, under that type and in memory of the engine's own. */
  joined(all: readonly FloatValues[], shape: readonly [number, number]): NativeTensor {
    const [first, second] = all;
    if (first === undefined || first.dtype === "F32") throw new RangeError("No matrix in 16 bits");
    const words = all.map(({ data }) => this.#words(data));
    // What shares the caller's memory must be copied. Adding 0 to words, not to floats, keeps all bits.
    const copy =
      second === undefined ? this.op("AddV2", [words[0] as NativeTensor, this.#integer(0)]) : this.concat(words);
    return this.#halves(copy, { dtype: first.dtype, shape });
  }

  /** Tensors one after the other along their first axis; frees them. */
  concat(pieces: readonly NativeTensor[]): NativeTensor {
    const [first, ...others] = pieces;
    if (first === undefined) throw new RangeError("A matrix of no parts");
    const types = { N: pieces.length, T: first.dtype, Tidx: TYPE.INT32 };
    const whole = this.op("ConcatV2", [first, ...others, this.#integer(0)], { types, typed: false });
    for (const piece of pieces) this.free(piece);
    return whole;
  }

  /** In float32. What it was is freed, unless it is not this work's own or float32 already. */
  wide(handle: NativeTensor): NativeTensor {
    if (handle.dtype === TYPE.F32) return handle;
    const types = { SrcT: handle.dtype, DstT: TYPE.F32 };
    const wide = this.op("Cast", [handle], { types, plain: { Truncate: false }, typed: false });
    this.free(handle);
    return wide;
  }

  /** `[a, b]` → `[b, a]`; frees what it was. */
  turned(matrix: NativeTensor): NativeTensor {
    const other = this.op("Transpose", [matrix, this.ints([1, 0])], { types: { Tperm: TYPE.INT32 } });
    this.free(matrix);
    return other;
  }

  /** Some rows of a matrix; they share its memory where they begin at a cache line. */
  rows(matrix: NativeTensor, { from, count }: { readonly from: number; readonly count: number }): NativeTensor {
    const [, width = 0] = matrix.shape;
    const [begin, size] = [this.ints([from, 0]), this.ints([count, width])];
    return this.op("Slice", [matrix, begin, size], { types: { Index: TYPE.INT32 } });
  }

  reshaped(matrix: NativeTensor, shape: readonly number[]): NativeTensor {
    return this.op("Reshape", [matrix, this.ints(shape)], { types: { Tshape: TYPE.INT32 } });
  }

  ints(values: readonly number[]): NativeTensor {
    const { length } = values;
    return this.#keep(
      this.native.binding.createTensor([length], TYPE.INT32, Int32Array.from(values)),
      [length],
      TYPE.INT32,
    );
  }

  float(value: number): NativeTensor {
    return this.#keep(this.native.binding.createTensor([], TYPE.F32, Float32Array.of(value)), [], TYPE.F32);
  }

  op(
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

  /** Whoever takes it frees it. */
  handedOver(handle: NativeTensor): NativeTensor {
    this.#made.delete(handle.id);
    return handle;
  }

  /** Memory that is needed no more. */
  free({ id }: NativeTensor): void {
    if (this.#made.delete(id)) this.native.binding.deleteTensor(id);
  }

  freeAll(): void {
    for (const id of this.#made) this.native.binding.deleteTensor(id);
    this.#made.clear();
  }

  /** 16-bit floats in pairs; shares the caller's memory. */
  #words({ buffer, byteOffset, byteLength }: FloatValues["data"]): NativeTensor {
    const words = new Int32Array(buffer, byteOffset, byteLength / 4);
    return this.#keep(this.native.binding.createTensor([words.length], TYPE.INT32, words), [words.length], TYPE.INT32);
  }

  #halves(
    words: NativeTensor,
    { dtype, shape }: { readonly dtype: "BF16" | "F16"; readonly shape: readonly [number, number] },
  ): NativeTensor {
    const halves = this.op("Bitcast", [words], { types: { type: TYPE[dtype] } });
    const matrix = this.reshaped(halves, shape);
    for (const passed of [words, halves]) this.free(passed);
    return matrix;
  }

  #integer(value: number): NativeTensor {
    return this.#keep(this.native.binding.createTensor([], TYPE.INT32, Int32Array.of(value)), [], TYPE.INT32);
  }

  #keep(id: number, shape: readonly number[], dtype: number): NativeTensor {
    this.#made.add(id);
    return { id, shape: [...shape], dtype };
  }
}
