/** The bytes around a safetensors header, and the types that both readers know. */

import type { Chooser } from "./random.js";

/** Bytes of an element, for the types that hold whole bytes and that we list. */
export const DTYPE_SIZES: Readonly<Record<string, number>> = Object.fromEntries([
  ...["BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3"].map((dtype) => [dtype, 1]),
  ...["I16", "U16", "F16", "BF16"].map((dtype) => [dtype, 2]),
  ...["I32", "U32", "F32"].map((dtype) => [dtype, 4]),
  ...["F64", "I64", "U64"].map((dtype) => [dtype, 8]),
] as [string, number][]);

const LENGTHS = [
  0n,
  1n,
  2n,
  8n,
  100_000_000n,
  100_000_001n,
  2n ** 32n,
  2n ** 53n,
  2n ** 60n,
  2n ** 63n,
  2n ** 64n - 1n,
];

/** A file of header and data, now and then with a wrong length, and with other things than blanks around the header. */
export function assembled(header: string, data: Uint8Array, random: Chooser): Uint8Array {
  const before = random.weighted([
    [60, ""],
    [1, " "],
    [1, "\n\t"],
    [1, "\ufeff"],
    [1, "\u0000"],
  ]);
  const after = random.weighted([
    [60, " "],
    [10, ""],
    [2, "\n"],
    [2, "\t \r"],
    [1, "\u0000"],
    [1, "\u00a0"],
    [1, "{}"],
    [1, "x"],
  ]);
  const body = new TextEncoder().encode(before + header);
  const missing = random.chance(0.8) ? (8 - (body.length % 8)) % 8 : random.between(0, 20);
  const pad = new TextEncoder().encode(after.repeat(missing));
  const own = body.length + pad.length;
  const odd = (): bigint =>
    random.chance(0.5) ? random.pick(LENGTHS) : BigInt(Math.max(0, own + random.between(-9, 9)));
  const length = random.chance(0.06) ? odd() : BigInt(own);
  const bytes = new Uint8Array(8 + own + data.length);
  new DataView(bytes.buffer).setBigUint64(0, length, true);
  bytes.set(body, 8);
  bytes.set(pad, 8 + body.length);
  bytes.set(data, 8 + own);
  return bytes;
}
