/** What every weights file is to the loader, whatever its format: named tensors, read one at a time by position. */

import { BadInputError } from "../../base/errors.js";
import type { FloatValues } from "../tensor/floats.js";
import { DTYPE_BYTES, type Dtype } from "./dtype.js";
import { quoted } from "./quoted.js";

/** One tensor as its file describes it. */
export interface StoredTensor {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

/** Gives memory of at least so many bytes for one tensor; what it held before is lost. */
export type BufferSupply = (bytes: number) => Uint8Array;

/** Elements of a tensor in row-major order. */
export interface ElementRange {
  readonly from: number;
  readonly count: number;
}

/** An open weights file, or several that act as one. */
export interface TensorStore {
  /** File name, for messages. */
  readonly name: string;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /**
   * Values of one tensor; nothing else is read.
   *
   * @param supply where the bytes go; fresh memory by default.
   * @param range some elements in row-major order instead of all.
   * @throws BadInputError for an unknown tensor, a type other than F32, F16 and BF16, and a damaged file.
   */
  read(name: string, supply?: BufferSupply, range?: ElementRange): Promise<FloatValues>;
  /** Are the two the same bytes of the file (tied weights that were saved once)? False says nothing. */
  isSame(one: string, other: string): boolean;
  close(): Promise<void>;
}

/** Is it a type that weights may have? */
export function isFloat(dtype: Dtype): dtype is FloatValues["dtype"] {
  return dtype === "F32" || dtype === "F16" || dtype === "BF16";
}

/** Bytes of a tensor in its file. */
export function storedBytes({ dtype, shape }: Pick<StoredTensor, "dtype" | "shape">): number {
  return elements(shape) * DTYPE_BYTES[dtype];
}

/** Product of the sizes; 1 for a scalar. */
export function elements(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}

/** @throws BadInputError for a name that the store lacks or a type that holds no weights. */
export function floatTensor<T extends StoredTensor>(store: string, tensor: T | undefined, name: string): T {
  if (tensor === undefined) throw new BadInputError(`${store} has no tensor ${quoted(name)}`, "run the weights check");
  if (!isFloat(tensor.dtype))
    throw new BadInputError(
      `${store}: tensor ${quoted(name)} is ${tensor.dtype}, wanted F32, F16 or BF16`,
      "convert the checkpoint",
    );
  return tensor;
}

/** Views bytes as values without a copy where they are aligned. */
export function asValues(dtype: Dtype, bytes: Uint8Array): FloatValues {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  if (dtype === "F32")
    return { dtype, data: new Float32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 4) };
  const data = new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 2);
  return { dtype: dtype === "F16" ? "F16" : "BF16", data };
}
