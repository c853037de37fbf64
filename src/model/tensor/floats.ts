/** Float values as weights files hold them: exact widening of 16-bit floats, rounding to them, and the search for values that are not finite. */

import { orOfAligned } from "./aligned-memory.js";

/** Elements in row-major order as stored; 16-bit floats come as their words. */
export type FloatValues =
  | { readonly dtype: "F32"; readonly data: Float32Array }
  | { readonly dtype: "F16" | "BF16"; readonly data: Uint16Array };

/** A low-rank pair to add: `scale · B · A` (Hu et al., arXiv 2106.09685). */
export interface LoraValues {
  /** `[rank, in]`. */
  readonly a: FloatValues;
  /** `[out, rank]`. */
  readonly b: FloatValues;
  readonly rank: number;
  readonly scale: number;
}

/** A copy of a matrix `[rows, columns]` as `[columns, rows]`. */
export function transposed({ dtype, data }: FloatValues, columns: number): FloatValues {
  const rows = data.length / columns;
  const turned = dtype === "F32" ? new Float32Array(data.length) : new Uint16Array(data.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      turned[column * rows + row] = data[row * columns + column] as number;
  return { dtype, data: turned } as FloatValues;
}

/** Exact float32 of any values; F32 is returned as it is, without a copy. */
export function widened({ dtype, data }: FloatValues): Float32Array {
  if (dtype === "F32") return data;
  return dtype === "BF16" ? bf16ToFloat32(data) : f16ToFloat32(data);
}

/** BF16 is the upper half of a float32. */
export function bf16ToFloat32(words: Uint16Array): Float32Array {
  const bits = new Uint32Array(words.length);
  for (let i = 0; i < words.length; i++) bits[i] = (words[i] as number) << 16;
  return new Float32Array(bits.buffer);
}

let halfTable: Float32Array | null = null;

/** IEEE binary16, by a table of all 65,536 values. */
export function f16ToFloat32(words: Uint16Array): Float32Array {
  halfTable ??= Float32Array.from({ length: 65536 }, (_, bits) => halfValue(bits));
  const table = halfTable;
  const values = new Float32Array(words.length);
  for (let i = 0; i < words.length; i++) values[i] = table[words[i] as number] as number;
  return values;
}

function halfValue(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Rounds to the nearest BF16, ties to even, as PyTorch does. @param values finite. */
export function float32ToBf16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const words = new Uint16Array(values.length);
  for (let i = 0; i < bits.length; i++) {
    const each = bits[i] as number;
    words[i] = (each + 0x7fff + ((each >>> 16) & 1)) >>> 16;
  }
  return words;
}

/** Rounds to the nearest binary16, ties to even; what is too large becomes infinity, as in PyTorch. @param values finite. */
export function float32ToF16(values: Float32Array): Uint16Array {
  const words = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) words[i] = halfBits(values[i] as number);
  return words;
}

function halfBits(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size >= 65520) return sign | 0x7c00;
  // Below 2^-14 the steps are 2^-24 wide; above, 2^-10 of the power of two. Both products are exact in double precision.
  const exponent = Math.max(-14, size < 2 ** -14 ? -14 : Math.floor(Math.log2(size)));
  const step = 2 ** (exponent - 10);
  const steps = roundToEven(size / step);
  return sign | (steps + (exponent + 14) * 1024);
}

function roundToEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}

/** What a look at all values gives. */
export interface Scan {
  /** Index of the first NaN or infinity, or -1. */
  readonly bad: number;
  /** No magnitude is larger; at most twice the largest one, and 0 where all values are 0. Not finite where `bad` is not -1. */
  readonly bound: number;
}

/** Looks at every value once. */
export function scan(values: FloatValues): Scan {
  const bound = boundOf(values, orOfMagnitudes(values));
  if (Number.isFinite(bound)) return { bad: -1, bound };
  // Either a value is not finite, or large and small ones together look so.
  const [most, bad] = largestMagnitude(values);
  return { bad, bound: bad >= 0 ? Number.POSITIVE_INFINITY : boundOf(values, most) };
}

/** Magnitude with these bits, without sign. */
function boundOf({ dtype }: FloatValues, bits: number): number {
  if (dtype === "F32") return new Float32Array(Int32Array.of(bits).buffer)[0] as number;
  const one = Uint16Array.of(bits);
  return (dtype === "BF16" ? bf16ToFloat32(one) : f16ToFloat32(one))[0] as number;
}

/** Bits of a float without its sign are in the order of its magnitude, so their OR bounds them all; one operation a word, no branch. */
function orOfMagnitudes({ dtype, data }: FloatValues): number {
  if (dtype === "F32") {
    const words = new Int32Array(data.buffer, data.byteOffset, data.length);
    return orOf(words) & 0x7fffffff;
  }
  const pairs = data.byteOffset % 4 === 0 ? data.length >> 1 : 0;
  // Two values a step; a lone last one and what is not aligned go one by one.
  const words = new Int32Array(data.buffer, data.byteOffset - (data.byteOffset % 4), pairs);
  const all = orOf(words);
  let rest = 0;
  for (let i = 2 * pairs; i < data.length; i++) rest |= data[i] as number;
  return (all | (all >>> 16) | rest) & 0x7fff;
}

function orOf(words: Int32Array): number {
  const found = orOfAligned(words);
  if (found !== null) return found;
  const { length } = words;
  const even = length - (length % 8);
  let [a, b] = [0, 0];
  // Eight a step: three times as fast as one by one.
  for (let i = 0; i < even; i += 8) {
    a |= (words[i] as number) | (words[i + 1] as number) | (words[i + 2] as number) | (words[i + 3] as number);
    b |= (words[i + 4] as number) | (words[i + 5] as number) | (words[i + 6] as number) | (words[i + 7] as number);
  }
  for (let i = even; i < length; i++) a |= words[i] as number;
  return a | b;
}

/** @returns bits of the largest finite magnitude, and the index of the first value that is not finite, or -1. */
function largestMagnitude({ dtype, data }: FloatValues): [number, number] {
  const words = dtype === "F32" ? new Uint32Array(data.buffer, data.byteOffset, data.length) : data;
  const [mask, infinity] = dtype === "F32" ? [0x7fffffff, 0x7f800000] : [0x7fff, dtype === "BF16" ? 0x7f80 : 0x7c00];
  let most = 0;
  for (let i = 0; i < words.length; i++) {
    const bits = (words[i] as number) & mask;
    if (bits >= infinity) return [most, i];
    if (bits > most) most = bits;
  }
  return [most, -1];
}
