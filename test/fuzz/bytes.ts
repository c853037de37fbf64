/** Changes of bytes that know nothing of the format. */

import type { Chooser } from "./random.js";

type Change = (bytes: Uint8Array, random: Chooser) => Uint8Array;

const ODD_BYTES = [
  0x00, 0x20, 0x0a, 0x09, 0x22, 0x2c, 0x3a, 0x5b, 0x5c, 0x5d, 0x7b, 0x7d, 0x30, 0x31, 0x2d, 0x7f, 0x80,
];
const MORE_BYTES = [0xc0, 0xed, 0xf5, 0xff];

const CHANGES: readonly (readonly [number, Change])[] = [
  // One bit.
  [5, (bytes, random) => edited(bytes, random, (byte) => byte ^ (1 << random.int(8)))],
  // One byte.
  [5, (bytes, random) => edited(bytes, random, () => random.int(256))],
  [4, (bytes, random) => edited(bytes, random, () => random.pick([...ODD_BYTES, ...MORE_BYTES]))],
  [2, (bytes, random) => edited(bytes, random, (byte) => byte + random.pick([1, -1]))],
  // Bytes put in, taken out, doubled, moved.
  [
    2,
    (bytes, random) => spliced(bytes, random.int(bytes.length + 1), 0, [random.pick([...ODD_BYTES, random.int(256)])]),
  ],
  [2, (bytes, random) => spliced(bytes, random.int(bytes.length + 1), random.between(1, 4), [])],
  [1, (bytes, random) => withCopy(bytes, random)],
  // The end.
  [2, (bytes, random) => bytes.slice(0, random.int(bytes.length + 1))],
  [1, (bytes, random) => bytes.slice(0, Math.max(0, bytes.length - random.between(1, 8)))],
  [
    1,
    (bytes, random) =>
      spliced(
        bytes,
        bytes.length,
        0,
        Array.from({ length: random.between(1, 9) }, () => random.int(256)),
      ),
  ],
];

/** @returns new bytes. @param times how many changes, one after the other. */
export function withChangedBytes(bytes: Uint8Array, random: Chooser, times: number): Uint8Array {
  let all = bytes;
  for (let i = 0; i < times; i++) all = random.weighted(CHANGES)(all, random);
  return all;
}

function edited(bytes: Uint8Array, random: Chooser, change: (byte: number) => number): Uint8Array {
  if (bytes.length === 0) return bytes;
  const out = bytes.slice();
  const at = random.int(out.length);
  out[at] = change(out[at] ?? 0);
  return out;
}

function withCopy(bytes: Uint8Array, random: Chooser): Uint8Array {
  if (bytes.length === 0) return bytes;
  const from = random.int(bytes.length);
  const part = bytes.slice(from, from + random.between(1, 40));
  return spliced(bytes, random.int(bytes.length + 1), random.chance(0.5) ? part.length : 0, [...part]);
}

/** `Array.splice` for bytes, not in place. */
export function spliced(bytes: Uint8Array, at: number, remove: number, insert: readonly number[]): Uint8Array {
  return Uint8Array.from([...bytes.subarray(0, at), ...insert, ...bytes.subarray(at + remove)]);
}
