/** The archives that mutators of pickles and ZIPs begin with: PyTorch's own files, and some made by hand. */

import { readFileSync } from "node:fs";
import { zipOf } from "../support/zip.js";
import {
  dictOf,
  FALSE,
  int,
  NONE,
  name,
  type Op,
  opsOf,
  orderedDict,
  pickled,
  REDUCE,
  tensor,
  tuple,
} from "./pickle-ops.js";

/** An archive, taken apart. */
export interface Archive {
  /** Name and contents of each entry, in their order. */
  readonly entries: readonly (readonly [name: string, data: Uint8Array])[];
}

interface Fixture {
  readonly files: Record<string, string>;
  readonly refused: Record<string, string>;
}

const WIDTHS: Readonly<Record<string, number>> = { FloatStorage: 4, HalfStorage: 2, BFloat16Storage: 2, LongStorage: 8, IntStorage: 4, DoubleStorage: 8, ByteStorage: 1, BoolStorage: 1 }; // biome-ignore format: a table

/** Files as PyTorch wrote them, whole. */
export const WHOLE: readonly Uint8Array[] = readWhole();

/** The same and hand-made ones, taken apart. */
export const ARCHIVES: readonly Archive[] = [...WHOLE.flatMap((bytes) => takenApart(bytes)), ...handMade()];

function readWhole(): Uint8Array[] {
  const url = new URL("../fixtures/torch-bin.json", import.meta.url);
  const { files, refused } = JSON.parse(readFileSync(url, "utf8")) as Fixture;
  return [files, refused].flatMap((some) =>
    Object.values(some).map((base64) => new Uint8Array(Buffer.from(base64, "base64"))),
  );
}

/** Reads stored entries by the plainest way through an archive that is known to be sound. */
function takenApart(bytes: Uint8Array): Archive[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = bytes.length - 22;
  if (end < 0 || view.getUint32(end, true) !== 0x06054b50) return [];
  let at = view.getUint32(end + 16, true);
  const entries: [string, Uint8Array][] = [];
  for (let left = view.getUint16(end + 10, true); left > 0; left--) {
    if (view.getUint16(at + 10, true) !== 0) return [];
    const [size, nameSize, local] = [view.getUint32(at + 24, true), view.getUint16(at + 28, true), view.getUint32(at + 42, true)]; // biome-ignore format: three fields
    const own = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameSize));
    const begin = local + 30 + nameSize + view.getUint16(local + 28, true);
    entries.push([own, bytes.slice(begin, begin + size)]);
    at += 46 + nameSize + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return [{ entries }];
}

/** An archive with this pickle and storages of so many bytes. */
export function archiveOf(ops: readonly Op[], storages: readonly number[]): Archive {
  const encode = (value: string): Uint8Array => new TextEncoder().encode(value);
  const data = storages.map((size, i): [string, Uint8Array] => [
    `m/data/${i}`,
    Uint8Array.from({ length: size }, (_, at) => (at * 37 + i * 11) % 120),
  ]);
  return {
    entries: [["m/data.pkl", pickled(ops)], ["m/byteorder", encode("little")], ...data, ["m/version", encode("3\n")]],
  };
}

function handMade(): Archive[] {
  const one = (type: string, key: string, shape: readonly number[], length: number, rest?: readonly Op[]): Op[] => {
    const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, n) => product * n, 1));
    return tensor({ type, key, length, offset: 0, shape, strides, ...(rest === undefined ? {} : { rest }) });
  };
  const types = Object.keys(WIDTHS);
  const all = types.map((type, i) => [type, one(type, String(i), [2, 2], 4)] as const);
  const sizes = types.map((type) => 4 * (WIDTHS[type] ?? 1));
  const twice = (first: string, second: string): Archive =>
    archiveOf(dictOf([["a", one(first, "0", [4], 4)], ["b", one(second, "0", [2, 2], 4)]]), [4 * (WIDTHS[first] ?? 1)]); // biome-ignore format: two entries
  const parameter = [name("torch._utils", "_rebuild_parameter"), ...tuple(one("FloatStorage", "0", [3], 3), FALSE, orderedDict()), REDUCE]; // biome-ignore format: one call
  return [
    archiveOf(dictOf(all), sizes),
    archiveOf(dictOf(all.slice(0, 3), orderedDict()), sizes),
    archiveOf(dictOf([["a", one("FloatStorage", "0", [1, 4], 4, [FALSE, ...orderedDict(), NONE])]]), [16]),
    archiveOf(
      dictOf([
        ["a", one("FloatStorage", "0", [0, 3], 0)],
        ["b", one("HalfStorage", "1", [], 1)],
      ]),
      [0, 2],
    ),
    archiveOf(dictOf([["p", parameter]], orderedDict()), [12]),
    twice("FloatStorage", "FloatStorage"),
    twice("HalfStorage", "BFloat16Storage"),
    archiveOf(dictOf([["e", tensor({ type: "FloatStorage", key: "0", length: 2, offset: 1, shape: [2, 3], strides: [0, 0] })]]), [8]), // biome-ignore format: one tensor
    archiveOf(dictOf([["c", tensor({ type: "HalfStorage", key: "0", length: 6, offset: 0, shape: [3, 2], strides: [1, 3], location: "cuda:0" })]]), [12]), // biome-ignore format: one tensor
    archiveOf(dictOf([["n", [int(3)]]]), []),
    archiveOf(dictOf([]), []),
  ];
}

/** The archive as one file, every checksum right. */
export function assembled({ entries }: Archive, zip64 = false): Uint8Array {
  return zipOf(
    entries.map(([own, data]) => ({ name: own, data })),
    { zip64 },
  );
}

/** Operations of an archive's pickle, null where it has none. */
export function pickleOf({ entries }: Archive): Op[] | null {
  const found = entries.find(([own]) => own.endsWith("/data.pkl"));
  return found === undefined ? null : opsOf(found[1]);
}

/** The archive with another pickle. */
export function withPickle({ entries }: Archive, pickle: Uint8Array): Archive {
  return { entries: entries.map(([own, data]) => [own, own.endsWith("/data.pkl") ? pickle : data]) };
}
