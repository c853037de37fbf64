/** Float values as weights files hold them: exact widening of 16-bit floats, rounding to them, and the search for values that are not finite. */

/** Elements in row-major order as stored; 16-bit floats come as their words. */
export type FloatValues =
  | { readonly dtype: "F32"; readonly data: Float32Array }
  | { readonly dtype: "F16" | "BF16"; readonly data: Uint16Array };

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
  /** Largest magnitude; not finite where `bad` is not -1. */
  readonly largest: number;
}

/** Looks at every value once. The bits of a float without its sign are in the order of its magnitude, so a whole-number maximum is enough. */
export function scan({ dtype, data }: FloatValues): Scan {
  if (dtype === "F32") {
    const bits = new Uint32Array(data.buffer, data.byteOffset, data.length);
    const most = largestWord(new Int32Array(data.buffer, data.byteOffset, data.length), 0x7fffffff);
    const largest = new Float32Array(Uint32Array.of(most).buffer)[0] as number;
    return { bad: most < 0x7f800000 ? -1 : bits.findIndex((each) => (each & 0x7fffffff) >= 0x7f800000), largest };
  }
  const infinity = dtype === "BF16" ? 0x7f80 : 0x7c00;
  const pairs = data.byteOffset % 4 === 0 ? data.length >> 1 : 0;
  // Two values a step; a lone last one and what is not aligned go one by one.
  const words = new Int32Array(data.buffer, data.byteOffset - (data.byteOffset % 4), pairs);
  let most = Math.max(largestWord(words, 0x7fff), largestWord(words, 0x7fff0000) >>> 16);
  for (let i = 2 * pairs; i < data.length; i++) most = Math.max(most, (data[i] as number) & 0x7fff);
  const one = { dtype, data: Uint16Array.of(most) };
  const bad = most < infinity ? -1 : data.findIndex((each) => (each & 0x7fff) >= infinity);
  return { bad, largest: widened(one)[0] as number };
}

function largestWord(words: Int32Array, mask: number): number {
  let most = 0;
  for (let i = 0; i < words.length; i++) {
    const masked = (words[i] as number) & mask;
    if (masked > most) most = masked;
  }
  return most;
}
