/** Reads NumPy's NPZ as `writeNpz` writes it: a ZIP archive, not packed, with one NPY file a tensor and no pickles. */

import { BadInputError } from "../../base/errors.js";
import { f16ToFloat32 } from "../tensor/floats.js";
import { quoted } from "./quoted.js";
import type { ByteSource } from "./source.js";
import { elements } from "./store.js";
import type { TensorEntry, TensorFile } from "./tensor-file-types.js";
import { readZip, type ZipEntry } from "./zip.js";

/** NumPy's names of types that hold numbers, in ours, with the bytes of one value. */
const TYPES = { "<f4": ["F32", 4], "<f2": ["F16", 2], "<i4": ["I32", 4] } as const;
const NPY_START = 10;
const MOST_HEADER = 4096;
const MOST_TEXT_BYTES = 2 ** 24;
const HINT = "write the file again with `codilens trace --out`";

interface Npy extends TensorEntry {
  readonly begin: number;
  readonly bytes: number;
}

/** Checks directory and headers; reads no values. @throws BadInputError naming the entry and what is wrong. */
export async function openNpz(source: ByteSource): Promise<TensorFile> {
  const entries = await readZip(source);
  const tensors = new Map<string, Npy>();
  let metadata: Readonly<Record<string, string>> = {};
  for (const entry of entries.values()) {
    const refuse: Refuse = (what) => new BadInputError(`${source.name}, ${quoted(entry.name)}: ${what}`, HINT);
    if (entry.method !== 0) throw refuse("it is packed, wanted one that is stored as it is");
    const from = { source, refuse };
    const npy = await npyOf(entry, from);
    const name = entry.name.replace(/\.npy$/, "");
    if (name === "metadata") metadata = await metadataOf(npy, from);
    else tensors.set(name, typed(npy, refuse));
  }
  return {
    name: source.name,
    metadata,
    tensors,
    read: async (name) => floats(source, { name, npy: tensors.get(name) }),
    close: () => source.close(),
  };
}

type Refuse = (what: string) => BadInputError;
type Described = Omit<Npy, "dtype"> & { readonly description: string };

interface From {
  readonly source: ByteSource;
  readonly refuse: Refuse;
}

/** The dictionary in front of the values, of the one form that NumPy writes. */
async function npyOf({ begin, size }: ZipEntry, { source, refuse }: From): Promise<Described> {
  if (size < NPY_START) throw refuse(`truncated: has ${size} bytes`);
  const start = await source.read(begin, NPY_START);
  if (String.fromCharCode(...start.subarray(0, 8)) !== "\u0093NUMPY\u0001\u0000")
    throw refuse("it is no NPY file of version 1");
  const length = (start[8] ?? 0) + 256 * (start[9] ?? 0);
  if (length > MOST_HEADER || NPY_START + length > size) throw refuse(`its header claims ${length} bytes`);
  const text = new TextDecoder("latin1").decode(await source.read(begin + NPY_START, length));
  const match =
    /^\{'descr': '([<|]?\w+)', 'fortran_order': False, 'shape': \(((?:\d{1,15}(?:, ?|(?=\))))*)\), \} *\n$/.exec(text);
  if (match === null) throw refuse("its header is not one that NumPy writes for plain numbers");
  const [, description = "", sizes = ""] = match;
  const shape = sizes
    .split(",")
    .map((each) => each.trim())
    .filter((each) => each !== "")
    .map(Number);
  return { description, shape, begin: begin + NPY_START + length, bytes: size - NPY_START - length };
}

function typed({ description, ...npy }: Described, refuse: Refuse): Npy {
  const found = Object.hasOwn(TYPES, description) ? TYPES[description as keyof typeof TYPES] : null;
  if (found === null) throw refuse(`its values are ${quoted(description)}, wanted ${Object.keys(TYPES).join(", ")}`);
  const [dtype, bytes] = found;
  const wanted = elements(npy.shape) * bytes;
  if (wanted !== npy.bytes) throw refuse(`it has ${npy.bytes} bytes of values, its shape wants ${wanted}`);
  return { ...npy, dtype };
}

/** A text of four bytes a character, which is JSON of texts. */
async function metadataOf(npy: Described, { source, refuse }: From): Promise<Record<string, string>> {
  const count = /^<U(\d{1,9})$/.exec(npy.description)?.[1];
  if (count === undefined || npy.shape.length > 0 || 4 * Number(count) !== npy.bytes || npy.bytes > MOST_TEXT_BYTES)
    throw refuse("it is no text");
  const bytes = await source.read(npy.begin, npy.bytes);
  const points = new Uint32Array(bytes.slice().buffer);
  if (points.some((each) => each > 0x10ffff)) throw refuse("it holds what is no character");
  let text = "";
  for (const point of points) text += String.fromCodePoint(point);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refuse("it is not JSON");
  }
  const isTexts =
    value !== null &&
    typeof value === "object" &&
    !Array.isArray(value) &&
    Object.values(value).every((each) => typeof each === "string");
  if (!isTexts) throw refuse("it is no object of texts");
  return value as Record<string, string>;
}

async function floats(
  source: ByteSource,
  { name, npy }: { readonly name: string; readonly npy: Npy | undefined },
): Promise<Float32Array> {
  if (npy === undefined) throw new BadInputError(`${source.name} has no tensor ${quoted(name)}`, HINT);
  if (npy.dtype === "I32")
    throw new BadInputError(`${source.name}: tensor ${quoted(name)} is I32, wanted F32 or F16`, HINT);
  const { buffer } = (await source.read(npy.begin, npy.bytes)).slice();
  return npy.dtype === "F32" ? new Float32Array(buffer) : f16ToFloat32(new Uint16Array(buffer));
}
