/** ZIP archives around sound pickles, right and wrong ones, from a seed. */

import { deflateRawSync } from "node:zlib";
import { type Entry, zipOf } from "../support/zip.js";
import { withChangedBytes } from "./bytes.js";
import { type Chooser, chooserOf } from "./random.js";
import { ARCHIVES, assembled, WHOLE } from "./torch-seeds.js";

type Entries = Entry[];
type Change = (entries: Entries, random: Chooser) => void;

const encode = (value: string): Uint8Array => new TextEncoder().encode(value);
const NAMES = "m/data.pkl m/data/0 m/data/00 m/version m/byteorder m/.data/version m/.data/serialization_id m/.format_version m/constants.pkl m/code/x.py m/data.pkl/ M/DATA.PKL n/data.pkl m/n/data.pkl data.pkl /data.pkl m//data.pkl ../m/data.pkl m\\data.pkl C:data /etc/passwd m/ m/extra m/data/x é a\u0000b".split(" "); // biome-ignore format: a list
const VERSIONS = ["", "0", "1", "2", "3", "3\n", "10", "11", "99", "-1", "x", "3x", " 3", "4294967299", "18446744073709551619", "3\u0000"]; // biome-ignore format: a list
const ORDERS = ["little", "big", "Little", "little\n", "", "middle"];
const SIZES = [0, 1, 4, 63, 64, 65_535, 65_536, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 2, 2 ** 32 - 1];

const CHANGES: readonly (readonly [number, Change])[] = [
  [3, (entries, random) => void entries.splice(random.int(entries.length), 1)],
  [2, (entries, random) => void entries.splice(random.int(entries.length + 1), 0, random.pick(entries))],
  [2, (entries, random) => shuffle(entries, random)],
  [3, (entries, random) => of(entries, random, () => ({ name: random.pick(NAMES) }))],
  [3, (entries, random) => void entries.splice(random.int(entries.length + 1), 0, { name: random.pick(NAMES), data: encode(random.pick([...VERSIONS, ...ORDERS])) })], // biome-ignore format: one change
  [2, (entries, random) => prefixed(entries, random.pick(["", "a/", "a/b/", "x.y/", " /", "A/", "data/"]))],
  [3, (entries, random) => called(entries, "version", () => ({ data: encode(random.pick(VERSIONS)) }))],
  [2, (entries, random) => called(entries, "byteorder", () => ({ data: encode(random.pick(ORDERS)) }))],
  [2, (entries, random) => of(entries, random, (entry) => packed(entry))],
  [2, (entries, random) => of(entries, random, () => ({ method: random.pick([1, 6, 8, 9, 12, 99]) }))],
  [2, (entries, random) => of(entries, random, () => ({ flags: random.pick([1, 8, 32, 64, 0x800, 0x2000, 0xffff]) }))],
  [3, (entries, random) => of(entries, random, () => ({ crc: random.pick([0, 1, 2 ** 32 - 1, random.int(2 ** 31)]) }))],
  [3, (entries, random) => of(entries, random, ({ data }) => ({ size: random.pick([...SIZES, data.length - 1, data.length + 1]) }))], // biome-ignore format: one change
  [3, (entries, random) => of(entries, random, ({ data }) => ({ packedSize: random.pick([...SIZES, data.length - 1, data.length + 1]) }))], // biome-ignore format: one change
  [2, (entries, random) => of(entries, random, () => ({ localName: random.pick(NAMES) }))],
  [2, (entries, random) => of(entries, random, () => ({ localMethod: random.pick([1, 8, 12]) }))],
  [2, (entries, random) => of(entries, random, () => ({ at: random.pick([0, 1, 30, 64, 2 ** 31, 2 ** 32 - 1]) }))],
  [2, (entries, random) => of(entries, random, () => ({ extra: random.pick(EXTRAS) }))],
  [2, (entries, random) => of(entries, random, ({ data }) => ({ data: withChangedBytes(data, random, 1) }))],
  [1, (entries, random) => of(entries, random, () => ({ data: new Uint8Array() }))],
];

const EXTRAS: readonly Uint8Array[] = [
  Uint8Array.of(),
  Uint8Array.of(1, 0, 0, 0),
  Uint8Array.of(1, 0, 24, 0),
  Uint8Array.of(1, 0, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8),
  Uint8Array.of(0x46, 0x42, 4, 0, 0x5a, 0x5a, 0x5a, 0x5a),
  Uint8Array.of(9, 9, 255, 255),
  Uint8Array.of(1),
];

function of(entries: Entries, random: Chooser, change: (entry: Entry) => Partial<Entry>): void {
  if (entries.length === 0) return;
  const at = random.int(entries.length);
  const entry = entries[at] as Entry;
  entries[at] = { ...entry, ...change(entry) };
}

function called(entries: Entries, end: string, change: () => Partial<Entry>): void {
  const at = entries.findIndex(({ name }) => name.endsWith(`/${end}`));
  if (at >= 0) entries[at] = { ...(entries[at] as Entry), ...change() };
}

function prefixed(entries: Entries, prefix: string): void {
  for (const [i, entry] of entries.entries()) entries[i] = { ...entry, name: entry.name.replace(/^[^/]*\//, prefix) };
}

function packed({ data }: Entry): Partial<Entry> {
  const small = new Uint8Array(deflateRawSync(data));
  return { method: 8, localMethod: 8, data: small, size: data.length, packedSize: small.length };
}

function shuffle(entries: Entries, random: Chooser): void {
  for (let i = entries.length - 1; i > 0; i--) {
    const j = random.int(i + 1);
    [entries[i], entries[j]] = [entries[j] as Entry, entries[i] as Entry];
  }
}

/** What follows the end record: nothing, a comment, a comment that looks like another end. */
function someComment(random: Chooser): string | undefined {
  return random.weighted([
    [40, undefined],
    [1, "a comment"],
    [1, "PK\u0005\u0006"],
    [1, `PK\u0005\u0006${"\u0000".repeat(18)}`],
    [1, `PK\u0005\u0006${"\u0000".repeat(16)}\u0004\u0000 end`],
    [1, "x".repeat(3000)],
  ]);
}

/** Case `index` of a seed. */
export function zipCase(seed: number, index: number): Uint8Array {
  const random = chooserOf(seed, index);
  if (random.chance(0.2)) return spoiled(random.pick(WHOLE), random);
  const archive = random.pick(ARCHIVES);
  if (random.chance(0.15)) return spoiled(assembled(archive, random.chance(0.5)), random);
  const entries: Entries = archive.entries.map(([name, data]) => ({ name, data }));
  const changes = random.weighted([
    [1, 0],
    [8, 1],
    [3, 2],
    [1, 3],
  ]);
  for (let i = 0; i < changes; i++) random.weighted(CHANGES)(entries, random);
  const comment = someComment(random);
  const bytes = zipOf(entries, { zip64: random.chance(0.25), ...(comment === undefined ? {} : { comment }) });
  return random.chance(0.12) ? spoiled(bytes, random) : bytes;
}

/** Bytes changed where the structure is: mostly in the directory and the end record. */
function spoiled(bytes: Uint8Array, random: Chooser): Uint8Array {
  if (random.chance(0.3)) return withChangedBytes(bytes, random, random.pick([1, 1, 2, 4]));
  const tail = Math.min(bytes.length, random.pick([22, 100, 400, 1200]));
  const head = random.chance(0.2);
  const [kept, part] = head
    ? [bytes.subarray(tail), bytes.subarray(0, tail)]
    : [bytes.subarray(0, bytes.length - tail), bytes.subarray(bytes.length - tail)];
  const changed = withChangedBytes(part, random, random.pick([1, 1, 1, 2, 3]));
  const [first, second] = head ? [changed, kept] : [kept, changed];
  const out = new Uint8Array(first.length + second.length);
  out.set(first);
  out.set(second, first.length);
  return out;
}
