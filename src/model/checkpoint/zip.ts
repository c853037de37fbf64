/** The directory of a ZIP archive, ZIP64 too, read strictly and by position (APPNOTE.TXT 6.3.10). Nothing is unpacked. */

import { BadInputError } from "../../base/errors.js";
import { quoted } from "./quoted.js";
import type { ByteSource } from "./source.js";

/** One entry; `begin` is its first byte in the file. */
export interface ZipEntry {
  readonly name: string;
  readonly begin: number;
  /** Bytes in the file. */
  readonly size: number;
  readonly crc: number;
  /** How it is compressed; 0: stored as it is. */
  readonly method: number;
}

const MOST_ENTRIES = 100_000;
const MOST_DIRECTORY_BYTES = 2 ** 26;
const END_BYTES = 22;
const MOST_COMMENT = 65_535;
// Bits of an entry's flags.
const ENCRYPTED = 0x2041;
const PATCH = 0x20;
// The one external attribute that readers look at: MS-DOS's mark of a folder.
const FOLDER = 0x10;
const UNUSED_16 = 0xffff;
const UNUSED_32 = 0xffffffff;

/** @throws BadInputError naming the entry and what is wrong. */
export async function readZip(source: ByteSource): Promise<Map<string, ZipEntry>> {
  const refuse = (what: string): BadInputError =>
    new BadInputError(`${source.name}: ${what}`, "the archive is damaged or not of PyTorch: get it again");
  const size = await source.size();
  const end = await findEnd(source, size, refuse);
  if (end.entries > MOST_ENTRIES) throw refuse(`the archive claims ${end.entries} entries`);
  if (end.directorySize > MOST_DIRECTORY_BYTES)
    throw refuse(`the archive's directory claims ${end.directorySize} bytes`);
  if (end.directoryAt + end.directorySize !== end.at)
    throw refuse(`the archive's directory does not end where its end record begins (${end.at})`);
  const directory = await source.read(end.directoryAt, end.directorySize);
  const listed = parseDirectory(directory, end.entries, refuse);
  const entries = new Map<string, ZipEntry>();
  const taken: { name: string; from: number; to: number }[] = [];
  for (const entry of listed) {
    if (entries.has(entry.name)) throw refuse(`the entry ${quoted(entry.name)} stands twice in the archive`);
    const begin = await dataBegin(source, entry, { limit: end.directoryAt, refuse });
    taken.push({ name: entry.name, from: entry.localAt, to: begin + entry.size });
    const { name, size: bytes, crc, method } = entry;
    entries.set(name, { name, begin, size: bytes, crc, method });
  }
  taken.sort((a, b) => a.from - b.from);
  let last = { name: "", to: 0 };
  for (const { name, from, to } of taken) {
    if (from < last.to) throw refuse(`the entries ${quoted(last.name)} and ${quoted(name)} overlap`);
    last = { name, to };
  }
  return entries;
}

type Refuse = (what: string) => BadInputError;

interface End {
  /** Where the end record (the ZIP64 one where there is one) begins. */
  readonly at: number;
  readonly entries: number;
  readonly directorySize: number;
  readonly directoryAt: number;
}

async function findEnd(source: ByteSource, size: number, refuse: Refuse): Promise<End> {
  if (size < END_BYTES) throw refuse(`truncated: an archive has at least ${END_BYTES} bytes, this has ${size}`);
  const tailAt = Math.max(0, size - END_BYTES - MOST_COMMENT);
  const tail = viewOf(await source.read(tailAt, size - tailAt));
  for (let at = tail.byteLength - END_BYTES; at >= 0; at--) {
    if (tail.getUint32(at, true) !== 0x06054b50) continue;
    // The comment must reach the file's end exactly, else two readers may see two archives.
    if (at + END_BYTES + tail.getUint16(at + 20, true) !== tail.byteLength) continue;
    const [disk, directoryDisk] = [tail.getUint16(at + 4, true), tail.getUint16(at + 6, true)];
    const short = {
      at: tailAt + at,
      entries: tail.getUint16(at + 10, true),
      directorySize: tail.getUint32(at + 12, true),
      directoryAt: tail.getUint32(at + 16, true),
    };
    if (at >= 20 && tail.getUint32(at - 20, true) === 0x07064b50) {
      const wide = await zip64End(source, tailAt + at - 20, refuse);
      const same = [disk, directoryDisk].every((n) => n === 0 || n === UNUSED_16);
      if (!same || !agrees(short, wide) || ![short.entries, UNUSED_16].includes(tail.getUint16(at + 8, true)))
        throw refuse("the two end records of the archive say different things");
      return wide;
    }
    if (disk !== 0 || directoryDisk !== 0 || tail.getUint16(at + 8, true) !== short.entries)
      throw refuse("the archive is one of several parts");
    return short;
  }
  throw refuse("truncated: the archive has no end record");
}

/** Each short field is the wide one, or says that it is unused. */
function agrees(short: End, wide: End): boolean {
  const fits = (one: number, other: number, unused: number): boolean => one === other || one === unused;
  return (
    fits(short.entries, wide.entries, UNUSED_16) &&
    fits(short.directorySize, wide.directorySize, UNUSED_32) &&
    fits(short.directoryAt, wide.directoryAt, UNUSED_32)
  );
}

async function zip64End(source: ByteSource, locatorAt: number, refuse: Refuse): Promise<End> {
  const locator = viewOf(await source.read(locatorAt, 20));
  const at = safe(locator.getBigUint64(8, true), "the place of the ZIP64 end record", refuse);
  if (at + 56 > locatorAt) throw refuse("the ZIP64 end record lies outside the archive");
  const record = viewOf(await source.read(at, 56));
  if (record.getUint32(0, true) !== 0x06064b50) throw refuse("the ZIP64 end record is missing");
  const length = safe(record.getBigUint64(4, true), "the length of the ZIP64 end record", refuse);
  if (at + 12 + length !== locatorAt) throw refuse("the ZIP64 end record has a wrong length");
  const entries = safe(record.getBigUint64(32, true), "the number of entries", refuse);
  if (
    locator.getUint32(4, true) !== 0 ||
    locator.getUint32(16, true) !== 1 ||
    record.getUint32(16, true) !== 0 ||
    record.getUint32(20, true) !== 0 ||
    record.getBigUint64(24, true) !== BigInt(entries)
  )
    throw refuse("the archive is one of several parts");
  return {
    at,
    entries,
    directorySize: safe(record.getBigUint64(40, true), "the size of the directory", refuse),
    directoryAt: safe(record.getBigUint64(48, true), "the place of the directory", refuse),
  };
}

interface Listed {
  readonly name: string;
  readonly rawName: Uint8Array;
  readonly crc: number;
  readonly method: number;
  readonly size: number;
  readonly localAt: number;
}

function parseDirectory(bytes: Uint8Array, count: number, refuse: Refuse): Listed[] {
  const view = viewOf(bytes);
  const listed: Listed[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== 0x02014b50)
      throw refuse(`the archive's directory is damaged at entry ${i}`);
    const [nameSize, extraSize, commentSize] = [28, 30, 32].map((field) => view.getUint16(at + field, true)) as [
      number,
      number,
      number,
    ];
    const next = at + 46 + nameSize + extraSize + commentSize;
    if (next > bytes.length) throw refuse(`the archive's directory is damaged at entry ${i}`);
    const rawName = bytes.subarray(at + 46, at + 46 + nameSize);
    const name = checkedName(rawName, refuse);
    const flags = view.getUint16(at + 8, true);
    if ((flags & ENCRYPTED) !== 0) throw refuse(`the entry ${quoted(name)} is encrypted`);
    if ((flags & PATCH) !== 0) throw refuse(`the entry ${quoted(name)} is a patch of another`);
    if ((view.getUint32(at + 38, true) & FOLDER) !== 0) throw refuse(`the entry ${quoted(name)} is marked as a folder`);
    const method = view.getUint16(at + 10, true);
    const extra = zip64Extra(viewOf(bytes.subarray(at + 46 + nameSize, next - commentSize)), name, refuse);
    const wide = (field: number, what: string): number => {
      const short = view.getUint32(at + field, true);
      return short === UNUSED_32 ? extra(what) : short;
    };
    const size = wide(24, "size");
    const packed = wide(20, "compressed size");
    const localAt = wide(42, "place");
    if (method === 0 && packed !== size) throw refuse(`the entry ${quoted(name)} is stored, but its two sizes differ`);
    if (view.getUint16(at + 34, true) !== 0) throw refuse("the archive is one of several parts");
    listed.push({ name, rawName, crc: view.getUint32(at + 16, true), method, size: packed, localAt });
    at = next;
  }
  if (at !== bytes.length) throw refuse(`the archive's directory has ${bytes.length - at} bytes after its last entry`);
  return listed;
}

/** Reads the 64-bit fields in the order in which the format lists those that are needed. */
function zip64Extra(view: DataView, name: string, refuse: Refuse): (what: string) => number {
  let [at, end] = [0, 0];
  for (let from = 0; from + 4 <= view.byteLength; ) {
    const to = from + 4 + view.getUint16(from + 2, true);
    if (to > view.byteLength) throw refuse(`the entry ${quoted(name)} has a damaged extra field`);
    if (view.getUint16(from, true) === 1) [at, end] = [from + 4, to];
    from = to;
  }
  return (what) => {
    if (at + 8 > end) throw refuse(`the entry ${quoted(name)} lacks its 64-bit ${what}`);
    at += 8;
    return safe(view.getBigUint64(at - 8, true), `the ${what} of ${quoted(name)}`, refuse);
  };
}

function checkedName(raw: Uint8Array, refuse: Refuse): string {
  const name = new TextDecoder("latin1").decode(raw);
  // The names that PyTorch writes are plain; anything else is a trick.
  if (name === "" || /[^\x20-\x7e]|\\|:|^\/|(?:^|\/)\.\.?(?:\/|$)/.test(name))
    throw refuse(`the archive has an entry with the name ${quoted(name)}`);
  return name;
}

async function dataBegin(
  source: ByteSource,
  entry: Listed,
  { limit, refuse }: { readonly limit: number; readonly refuse: Refuse },
): Promise<number> {
  const fixed = 30;
  if (entry.localAt + fixed + entry.rawName.length > limit)
    throw refuse(`the entry ${quoted(entry.name)} lies outside the archive`);
  const bytes = await source.read(entry.localAt, fixed + entry.rawName.length);
  const view = viewOf(bytes);
  const same = entry.rawName.every((byte, i) => bytes[fixed + i] === byte);
  if (view.getUint32(0, true) !== 0x04034b50 || view.getUint16(26, true) !== entry.rawName.length || !same)
    throw refuse(`the entry ${quoted(entry.name)} does not begin where the directory says`);
  if (view.getUint16(8, true) !== entry.method || (view.getUint16(6, true) & ENCRYPTED) !== 0)
    throw refuse(`the entry ${quoted(entry.name)} is compressed otherwise than the directory says, or encrypted`);
  const begin = entry.localAt + fixed + entry.rawName.length + view.getUint16(28, true);
  if (begin + entry.size > limit) throw refuse(`truncated: the entry ${quoted(entry.name)} reaches beyond the archive`);
  return begin;
}

function safe(value: bigint, what: string, refuse: Refuse): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw refuse(`${what} is ${value}`);
  return Number(value);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
