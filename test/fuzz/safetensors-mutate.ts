/** Safetensors files, right and wrong ones, from a seed. */

import { withChangedBytes } from "./bytes.js";
import {
  list,
  ODD_NUMBERS,
  object,
  type Place,
  placesOf,
  raw,
  someSpelling,
  someTree,
  type Tree,
  text,
  written,
} from "./json-tree.js";
import { type Chooser, chooserOf } from "./random.js";
import { assembled, DTYPE_SIZES } from "./safetensors-file.js";

const NAMES = [
  ..."a b A 0 model.embed_tokens.weight model.layers.0.self_attn.q_proj.weight prj.1.bias __proto__ constructor toString".split(
    " ",
  ),
  ...'__metadata__x dtype shape data_offsets é 😀 \uffff \u0000 \u001f \u2028 < \\ " / ~'.split(" "),
  "",
  " ",
  "n".repeat(300),
  // Words that other formats begin with.
  "ustar".repeat(90),
  "GGUF PK\u0003\u0004 <!DOCTYPE html> \u0093NUMPY",
];
const OTHER_DTYPES = "F8_E8M0 C64 F4 F6_E2M3 F6_E3M2 F8_E4M3FNUZ F8_E5M2FNUZ F33 f32 float32 BF-16 F".split(" ");

/** Case `index` of a seed. */
export function safetensorsCase(seed: number, index: number): Uint8Array {
  const random = chooserOf(seed, index);
  const { header, data } = wellFormed(random);
  const changes = random.weighted([
    [2, 0],
    [6, 1],
    [2, 2],
    [1, 3],
  ]);
  for (let i = 0; i < changes; i++) random.weighted(CHANGES)(header, random);
  const root = random.chance(0.01) ? list(header) : header;
  const bytes = assembled(written(root, someSpelling(random)), data, random);
  return random.chance(0.35) ? withChangedBytes(bytes, random, random.pick([1, 1, 1, 2, 5])) : bytes;
}

function wellFormed(random: Chooser): { header: Tree & { kind: "object" }; data: Uint8Array } {
  const entries: [string, Tree][] = [];
  let at = 0;
  for (let left = random.pick([0, 1, 1, 2, 2, 3, 4]); left > 0; left--) {
    const name = random.pick(NAMES);
    if (entries.some(([other]) => other === name)) continue;
    const dtype = random.pick(Object.keys(DTYPE_SIZES));
    const shape = Array.from({ length: random.between(0, 3) }, () => random.pick([0, 1, 1, 2, 3, 4]));
    const end = at + shape.reduce((product, n) => product * n, DTYPE_SIZES[dtype] ?? 0);
    entries.push([name, entryOf(dtype, shape, at, end)]);
    at = end;
  }
  if (random.chance(0.3))
    entries.push(["__metadata__", object(["format", text("pt")], [random.pick(NAMES), text("v")])]);
  const header = object(...entries) as Tree & { kind: "object" };
  if (random.chance(0.5)) shuffle(header.entries, random);
  for (const [, value] of header.entries)
    if (value.kind === "object" && random.chance(0.3)) shuffle(value.entries, random);
  return { header, data: Uint8Array.from({ length: at }, () => random.int(256)) };
}

function entryOf(dtype: string, shape: readonly (number | string)[], begin: number, end: number): Tree {
  return object(
    ["dtype", text(dtype)],
    ["shape", list(...shape.map(raw))],
    ["data_offsets", list(raw(begin), raw(end))],
  );
}

function shuffle<T>(items: T[], random: Chooser): void {
  for (let i = items.length - 1; i > 0; i--) {
    const j = random.int(i + 1);
    [items[i], items[j]] = [items[j] as T, items[i] as T];
  }
}

type Header = Tree & { kind: "object" };
type Change = (header: Header, random: Chooser) => void;

/** Changes of the header's meaning; each finds its own place, and leaves the header as it is where there is none. */
const CHANGES: readonly (readonly [number, Change])[] = [
  [4, (header, random) => number(header, random, () => random.pick(ODD_NUMBERS))],
  [4, (header, random) => number(header, random, (n) => String(n + random.pick([-1, 1, 4, -4])))],
  [3, (header, random) => somewhere(header, random, () => someTree(random))],
  [1, (header, random) => somewhere(header, random, (value) => list(value))],
  // Keys: twice, gone, renamed, moved, unknown.
  [4, (header, random) => inObject(header, random, (entries) => repeat(entries, random))],
  [2, (header, random) => inObject(header, random, (entries) => void entries.splice(random.int(entries.length), 1))],
  [2, (header, random) => inObject(header, random, (entries) => rename(entries, random))],
  [2, (header, random) => inObject(header, random, (entries) => shuffle(entries, random))],
  [
    3,
    (header, random) =>
      inObject(header, random, (entries) => void entries.push([random.pick(NAMES), someTree(random)])),
  ],
  // Shapes.
  [
    3,
    (header, random) => inShape(header, random, (items) => void items.splice(random.int(items.length + 1), 0, raw(1))),
  ],
  [
    2,
    (header, random) => inShape(header, random, (items) => void items.splice(random.int(items.length + 1), 0, raw(0))),
  ],
  [2, (header, random) => inShape(header, random, (items) => void items.pop())],
  [
    0.3,
    (header, random) =>
      inShape(
        header,
        random,
        (items) => void items.push(...Array.from({ length: 3000 }, () => raw(random.pick([1, 2])))),
      ),
  ],
  [3, (header, random) => emptyTensor(header, random)],
  // Offsets.
  [2, (header, random) => inOffsets(header, random, (items) => void items.reverse())],
  [2, (header, random) => moveOffsets(header, random)],
  [2, (header, random) => swapOffsets(header, random)],
  [1, (header, random) => inOffsets(header, random, (items) => void items.push(raw(0)))],
  // Types.
  [
    2,
    (header, random) =>
      field(header, random, "dtype", () => text(random.pick([...OTHER_DTYPES, ...Object.keys(DTYPE_SIZES)]))),
  ],
  [
    2,
    (header, random) =>
      field(header, random, "dtype", (value) => object([value.kind === "text" ? value.value : "F32", raw("null")])),
  ],
  [2, (header, random) => asOther(header, random)],
  [2, (header, random) => asList(header, random)],
  // Metadata.
  [
    2,
    (header, random) => void header.entries.push(["__metadata__", random.chance(0.5) ? raw("null") : someTree(random)]),
  ],
];

function tensors(header: Header): Header[] {
  return header.entries.flatMap(([key, value]) => (value.kind === "object" && key !== "__metadata__" ? [value] : []));
}

function somewhere(
  header: Header,
  random: Chooser,
  change: (value: Tree) => Tree,
  fits = (_: Place): boolean => true,
): void {
  const places = placesOf(header).filter(fits);
  if (places.length === 0) return;
  const place = random.pick(places);
  place.set(change(place.value));
}

function number(header: Header, random: Chooser, change: (n: number) => string): void {
  const isNumber = ({ value }: Place): boolean => value.kind === "raw" && /^-?\d/.test(value.text);
  somewhere(header, random, (value) => raw(change(value.kind === "raw" ? Number(value.text) : 0)), isNumber);
}

function inObject(header: Header, random: Chooser, change: (entries: [string, Tree][]) => void): void {
  const all = [header, header, ...placesOf(header).map(({ value }) => value)];
  const filled = all.flatMap((value) => (value.kind === "object" && value.entries.length > 0 ? [value.entries] : []));
  if (filled.length > 0) change(random.pick(filled));
}

function repeat(entries: [string, Tree][], random: Chooser): void {
  const [key] = random.pick(entries);
  const [, value] = random.pick(entries);
  entries.splice(random.int(entries.length + 1), 0, [key, random.chance(0.2) ? someTree(random) : value]);
}

function rename(entries: [string, Tree][], random: Chooser): void {
  random.pick(entries)[0] = random.chance(0.2) ? "__metadata__" : random.pick(NAMES);
}

function field(header: Header, random: Chooser, key: string, change: (value: Tree) => Tree): void {
  const entries = tensors(header).flatMap((tensor) => tensor.entries.filter(([own]) => own === key));
  if (entries.length === 0) return;
  const entry = random.pick(entries);
  entry[1] = change(entry[1]);
}

function inList(header: Header, random: Chooser, key: string, change: (items: Tree[]) => void): void {
  field(header, random, key, (value) => {
    if (value.kind === "list") change(value.items);
    return value;
  });
}
const inShape = (header: Header, random: Chooser, change: (items: Tree[]) => void): void =>
  inList(header, random, "shape", change);
const inOffsets = (header: Header, random: Chooser, change: (items: Tree[]) => void): void =>
  inList(header, random, "data_offsets", change);

/** A tensor without elements, at a border or inside another; sometimes of a size that overflows. */
function emptyTensor(header: Header, random: Chooser): void {
  const large = ["9007199254740991", "4294967296", "9007199254740993", "4611686018427387904", "3"];
  const shape = Array.from({ length: random.between(1, 4) }, () => (random.chance(0.5) ? random.pick(large) : 0));
  if (random.chance(0.8)) shape[random.int(shape.length)] = 0;
  const at = random.pick([0, 0, 1, 4, 8, 12, 16]);
  const entry = entryOf(random.pick(["F32", "U8", "F64"]), shape, at, at);
  header.entries.splice(random.int(header.entries.length + 1), 0, ["empty", entry]);
}

/** Another type of as many bytes. */
function asOther(header: Header, random: Chooser): void {
  const all = tensors(header);
  if (all.length === 0) return;
  const tensor = random.pick(all);
  const offsets = tensor.entries.find(([key]) => key === "data_offsets")?.[1];
  if (offsets?.kind !== "list") return;
  const [begin = 0, end = 0] = offsets.items.map((item) => (item.kind === "raw" ? Number(item.text) : 0));
  const [bits, dtype] = random.pick([[8, "F8_E8M0"], [64, "C64"], [4, "F4"], [6, "F6_E2M3"], [8, "F8_E4M3FNUZ"], [8, "U8"], [16, "BF16"]] as const); // biome-ignore format: a table
  const shape = list(raw(Math.floor(((end - begin) * 8) / bits)));
  for (const entry of tensor.entries) {
    if (entry[0] === "dtype") entry[1] = text(dtype);
    if (entry[0] === "shape") entry[1] = shape;
  }
}

function asList(header: Header, random: Chooser): void {
  const entries = header.entries.filter(([, value]) => value.kind === "object");
  if (entries.length === 0) return;
  const entry = random.pick(entries);
  if (entry[1].kind !== "object") return;
  const values = new Map(entry[1].entries);
  const order = random.chance(0.8) ? ["dtype", "shape", "data_offsets"] : [...values.keys()];
  entry[1] = list(...order.map((key) => values.get(key) ?? raw("null")));
}

function moveOffsets(header: Header, random: Chooser): void {
  const by = random.pick([-8, -4, -1, 1, 4, 8]);
  inOffsets(header, random, (items) => {
    for (const [i, item] of items.entries()) if (item.kind === "raw") items[i] = raw(Number(item.text) + by);
  });
}

function swapOffsets(header: Header, random: Chooser): void {
  const entries = tensors(header).flatMap((tensor) => tensor.entries.filter(([key]) => key === "data_offsets"));
  if (entries.length < 2) return;
  const [a, b] = [random.pick(entries), random.pick(entries)];
  [a[1], b[1]] = [b[1], a[1]];
}
