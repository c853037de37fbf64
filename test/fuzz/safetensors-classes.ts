/**
 * Where our safetensors reader is stricter than the reference, and why. A difference belongs to a class when the file itself has that
 * feature: the header is read here once more, generously, the feature is taken out, and what is left must be read by both alike.
 */

import { readTree } from "./json-read.js";
import { type Tree, written } from "./json-tree.js";
import { DTYPE_SIZES } from "./safetensors-file.js";

type Entries = [string, Tree][];

interface StricterClass {
  readonly name: string;
  /** Why we refuse what the reference takes. */
  readonly reason: string;
  /** Takes the feature out of the header's entries. @returns whether it was there. */
  readonly repair: (root: Entries) => boolean;
  /** Does the repair change what is listed? Then only the repaired file's acceptance can be compared. */
  readonly changesListing?: boolean;
}

const FIELDS = ["dtype", "shape", "data_offsets"];

/** The order matters: a tensor must be an object before its fields can be looked at. */
export const HEADER_CLASSES: readonly StricterClass[] = [
  {
    name: "key twice",
    reason: "the format's description forbids it; two readers may see two models",
    repair: (root) => {
      const metadata = root.filter(([key, value]) => key === "__metadata__" && value.kind === "object");
      const inner = metadata.flatMap(([, value]) => (value.kind === "object" ? [value.entries] : []));
      return [root, ...inner].map(keepLast).includes(true);
    },
  },
  {
    name: "__metadata__ is null",
    reason: "the format's description wants an object of texts",
    repair: (root) => dropWhere(root, ([key, value]) => key === "__metadata__" && isRaw(value, "null")),
  },
  {
    name: "tensor as a list",
    reason: "an accident of the reference's parser; the description wants an object",
    repair: (root) =>
      inPlace(root, (value) => (value.kind === "list" && value.items.length === 3 ? asObject(value.items) : null)),
  },
  {
    name: "unknown field of a tensor",
    reason: "what it means for the bytes is not known, so they may not be read as if it meant nothing",
    repair: (root) =>
      tensors(root)
        .map((entries) => dropWhere(entries, ([key]) => !FIELDS.includes(key)))
        .includes(true),
  },
  {
    name: "dtype as an object",
    reason: "an accident of the reference's parser; the description wants a text",
    repair: (root) =>
      tensors(root)
        .map((entries) => inPlace(entries, (value, key) => (key === "dtype" ? variantOf(value) : null)))
        .includes(true),
  },
  {
    name: "size beyond 2^53",
    reason: "only a tensor without elements can have it; no weight has, and JavaScript's numbers do not hold it",
    changesListing: true,
    repair: (root) => tensors(root).map(withoutLarge).includes(true),
  },
  {
    name: "type without weights here",
    reason: "complex, 4-, 6- and other 8-bit types: none holds weights that this version reads",
    changesListing: true,
    repair: (root) => tensors(root).map(asBytes).includes(true),
  },
];

/** Classes that are seen in the text around the header's value. */
export const TEXT_CLASSES = [
  {
    name: "blank before the header",
    reason: "the format's description wants { as its first byte",
    pattern: /^[ \t\n\r]+/,
  },
  {
    name: "padding that is not blanks",
    reason: "the format's description wants 0x20",
    pattern: /[ \t\n\r]*[\t\n\r][ \t\n\r]*$/,
  },
] as const;

/** Names of all classes with their reasons, for the report. */
export const REASONS: ReadonlyMap<string, string> = new Map(
  [...HEADER_CLASSES, ...TEXT_CLASSES].map(({ name, reason }) => [name, reason]),
);

/** What makes a file one that only the reference takes. */
export interface Attribution {
  readonly classes: readonly string[];
  /** The file without those features; the bytes of its tensors are the same. */
  readonly repaired: Uint8Array;
  /** Must both list the same for original and repaired file? */
  readonly sameListing: boolean;
}

/** @returns null where the file has no such feature. */
export function attribute(file: Uint8Array): Attribution | null {
  const length = new DataView(file.buffer, file.byteOffset).getBigUint64(0, true);
  const end = 8 + Number(length);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(file.subarray(8, end));
  } catch {
    return null;
  }
  const tree = readTree(text);
  if (tree?.kind !== "object") return null;
  const around = TEXT_CLASSES.filter(({ pattern }) => pattern.test(text));
  const inside = HEADER_CLASSES.filter(({ repair }) => repair(tree.entries));
  if (around.length + inside.length === 0) return null;
  return {
    classes: [...around, ...inside].map(({ name }) => name),
    repaired: assembled(written(tree), file.subarray(end)),
    sameListing: !inside.some(({ changesListing }) => changesListing === true),
  };
}

function assembled(header: string, data: Uint8Array): Uint8Array {
  const body = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + body.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(body.length), true);
  bytes.set(body, 8);
  bytes.set(data, 8 + body.length);
  return bytes;
}

function tensors(root: Entries): Entries[] {
  return root.flatMap(([key, value]) => (key !== "__metadata__" && value.kind === "object" ? [value.entries] : []));
}

function dropWhere(entries: Entries, drop: (entry: [string, Tree]) => boolean): boolean {
  const kept = entries.filter((entry) => !drop(entry));
  const changed = kept.length < entries.length;
  entries.splice(0, entries.length, ...kept);
  return changed;
}

/** The reference lets the last of equal keys win. */
function keepLast(entries: Entries): boolean {
  const last = new Map(entries.map(([key], i) => [key, i]));
  let at = 0;
  return dropWhere(entries, ([key]) => last.get(key) !== at++);
}

function inPlace(entries: Entries, change: (value: Tree, key: string) => Tree | null): boolean {
  let changed = false;
  for (const entry of entries) {
    const value = entry[0] === "__metadata__" ? null : change(entry[1], entry[0]);
    if (value === null) continue;
    entry[1] = value;
    changed = true;
  }
  return changed;
}

function asObject(items: readonly Tree[]): Tree {
  return { kind: "object", entries: FIELDS.map((key, i): [string, Tree] => [key, items[i] as Tree]) };
}

/** `{"F32": null}` is how the reference's parser spells a variant with its (empty) content. */
function variantOf(value: Tree): Tree | null {
  const [only] = value.kind === "object" && value.entries.length === 1 ? value.entries : [];
  return only !== undefined && isRaw(only[1], "null") ? { kind: "text", value: only[0] } : null;
}

function isRaw(value: Tree, text: string): boolean {
  return value.kind === "raw" && value.text === text;
}

function fieldOf(entries: Entries, key: string): Tree | undefined {
  return entries.find(([own]) => own === key)?.[1];
}

function withoutLarge(entries: Entries): boolean {
  const shape = fieldOf(entries, "shape");
  if (shape?.kind !== "list" || !shape.items.some((item) => isRaw(item, "0"))) return false;
  let changed = false;
  for (const [i, item] of shape.items.entries()) {
    if (item.kind !== "raw" || !/^\d{16,}$/.test(item.text) || BigInt(item.text) <= BigInt(Number.MAX_SAFE_INTEGER))
      continue;
    shape.items[i] = { kind: "raw", text: "1" };
    changed = true;
  }
  return changed;
}

function asBytes(entries: Entries): boolean {
  const [dtype, offsets] = [fieldOf(entries, "dtype"), fieldOf(entries, "data_offsets")];
  if (dtype?.kind !== "text" || Object.hasOwn(DTYPE_SIZES, dtype.value) || offsets?.kind !== "list") return false;
  const [begin, end] = offsets.items.map((item) => (item.kind === "raw" ? Number(item.text) : Number.NaN));
  for (const entry of entries) {
    if (entry[0] === "dtype") entry[1] = { kind: "text", value: "U8" };
    if (entry[0] === "shape")
      entry[1] = { kind: "list", items: [{ kind: "raw", text: String((end ?? 0) - (begin ?? 0)) }] };
  }
  return true;
}
