/** Writes NumPy's NPZ: a ZIP archive, not packed, with one NPY file a tensor. `numpy.load` reads it without pickles. */

import { BadInputError, UsageError } from "../../base/errors.js";
import { crc32 } from "./crc32.js";
import type { TensorToWrite } from "./write-safetensors.js";

const DESCRIPTIONS = { F32: "<f4", I32: "<i4", F16: "<f2", BF16: null } as const;
// NPY's values begin at a multiple of it.
const ALIGNMENT = 64;
/** What the archive's 32-bit fields can say. */
const LARGEST = 2 ** 32 - 1;
const NPY_MAGIC = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0);
// 1 January 1980, the earliest there is: the same tensors give the same bytes.
const DATE = 0x21;

interface Member {
  readonly name: Uint8Array;
  readonly bytes: Uint8Array;
  readonly crc: number;
}

/**
 * @param metadata text pairs, kept as JSON in an array of one text called `metadata`.
 * @throws UsageError for BF16, which NumPy has not, and for a name that stands twice; BadInputError from 4 GiB on.
 */
export function writeNpz(tensors: readonly TensorToWrite[], metadata: Readonly<Record<string, string>>): Uint8Array {
  const twice = tensors.find(({ name }, at) => name === "metadata" || tensors.findIndex((e) => e.name === name) !== at);
  if (twice !== undefined) throw new UsageError(`Tensor "${twice.name}" is given twice`, "give each name once");
  const members = [
    ...tensors.map((each) =>
      member(each.name, npy(bytesOf(each.data), { description: descriptionOf(each), shape: each.shape })),
    ),
    member("metadata", textArray(JSON.stringify(metadata))),
  ];
  return archive(members);
}

function descriptionOf({ name, dtype }: TensorToWrite): string {
  const found = DESCRIPTIONS[dtype];
  if (found === null)
    throw new UsageError(`Tensor "${name}" is BF16, which NumPy has not`, "write safetensors instead");
  return found;
}

function bytesOf(data: TensorToWrite["data"]): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** An array without axes that holds one text, as NumPy has it: four bytes a character. */
function textArray(text: string): Uint8Array {
  const points = Uint32Array.from([...text], (each) => each.codePointAt(0) ?? 0);
  return npy(new Uint8Array(points.buffer), { description: `<U${points.length}`, shape: [] });
}

interface Described {
  readonly description: string;
  readonly shape: readonly number[];
}

function npy(values: Uint8Array, { description, shape }: Described): Uint8Array {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const dictionary = `{'descr': '${description}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const begin = NPY_MAGIC.length + 2;
  const length = Math.ceil((begin + dictionary.length + 1) / ALIGNMENT) * ALIGNMENT;
  const whole = new Uint8Array(length + values.length);
  whole.set(NPY_MAGIC);
  new DataView(whole.buffer).setUint16(NPY_MAGIC.length, length - begin, true);
  whole.set(new TextEncoder().encode(`${dictionary.padEnd(length - begin - 1)}\n`), begin);
  whole.set(values, length);
  return whole;
}

function member(name: string, bytes: Uint8Array): Member {
  return { name: new TextEncoder().encode(`${name}.npy`), bytes, crc: crc32(bytes) };
}

function archive(members: readonly Member[]): Uint8Array {
  const size = members.reduce((sum, { name, bytes }) => sum + 76 + 2 * name.length + bytes.length, 22);
  if (size > LARGEST)
    throw new BadInputError(
      `An NPZ file of ${size} bytes is too large, wanted less than 4 GiB`,
      "write safetensors instead",
    );
  const whole = new Uint8Array(size);
  const view = new DataView(whole.buffer);
  const begins: number[] = [];
  let at = 0;
  for (const each of members) {
    begins.push(at);
    view.setUint32(at, 0x04034b50, true);
    fields(view, at + 4, each);
    whole.set(each.name, at + 30);
    whole.set(each.bytes, at + 30 + each.name.length);
    at += 30 + each.name.length + each.bytes.length;
  }
  const directory = at;
  for (const [place, each] of members.entries()) {
    view.setUint32(at, 0x02014b50, true);
    view.setUint16(at + 4, 20, true);
    fields(view, at + 6, each);
    view.setUint32(at + 42, begins[place] ?? 0, true);
    whole.set(each.name, at + 46);
    at += 46 + each.name.length;
  }
  view.setUint32(at, 0x06054b50, true);
  view.setUint16(at + 8, members.length, true);
  view.setUint16(at + 10, members.length, true);
  view.setUint32(at + 12, at - directory, true);
  view.setUint32(at + 16, directory, true);
  return whole;
}

/** What a member's own header and the directory say alike: version, flags, method, time, date, checksum, sizes, length of the name. */
function fields(view: DataView, at: number, { name, bytes, crc }: Member): void {
  view.setUint16(at, 20, true);
  // Names are UTF-8.
  view.setUint16(at + 2, 0x0800, true);
  view.setUint16(at + 8, DATE, true);
  view.setUint32(at + 10, crc, true);
  view.setUint32(at + 14, bytes.length, true);
  view.setUint32(at + 18, bytes.length, true);
  view.setUint16(at + 22, name.length, true);
}
