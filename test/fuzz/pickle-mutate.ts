/** Pickles inside sound archives, right and wrong ones, from a seed. */

import { withChangedBytes } from "./bytes.js";
import {
  BUILD,
  DICT,
  dictOf,
  EMPTY,
  FALSE,
  get,
  int,
  long,
  MARK,
  NONE,
  name,
  type Op,
  op,
  orderedDict,
  pickled,
  put,
  REDUCE,
  SETITEM,
  STOP,
  text,
  tuple,
} from "./pickle-ops.js";
import { type Chooser, chooserOf } from "./random.js";
import { ARCHIVES, type Archive, assembled, pickleOf, withPickle } from "./torch-seeds.js";

/** The file that hostile pickles try to make; that it is never there is what the fuzzer looks at. */
export const CANARY = "codilens-fuzz-canary";

const SEEDS: readonly (readonly [Archive, readonly Op[]])[] = ARCHIVES.flatMap((archive) => {
  const ops = pickleOf(archive);
  return ops === null ? [] : [[archive, ops] as const];
});

const NUMBERS = [0, 1, 2, 3, 4, 5, 7, 8, 255, 256, 65_535, 65_536, 2 ** 31 - 1, -1, -2, -(2 ** 31)];
const LONGS = [2n ** 31n, 2n ** 32n, 2n ** 53n, 2n ** 53n - 1n, 2n ** 62n, 2n ** 63n - 1n, 2n ** 64n, -(2n ** 63n), 1n];
const TEXTS = ["", "storage", "0", "1", "00", "../0", "data.pkl", "cpu", "cuda:0", "meta", "a", "é", "weight", "_metadata", "neg", "conj", "__class__", "__setstate__", "x".repeat(300)]; // biome-ignore format: a list
const STORAGES = "Float Half BFloat16 Double Long Int Short Char Byte Bool ComplexFloat QInt8 Untyped Typed".split(" ");
const NAMES: readonly (readonly [string, string])[] = [
  ...STORAGES.map((kind) => ["torch", `${kind}Storage`] as const),
  ...["_rebuild_tensor_v2", "_rebuild_tensor", "_rebuild_tensor_v3", "_rebuild_parameter", "_rebuild_parameter_with_state", "_rebuild_sparse_tensor", "_rebuild_qtensor"].map((own) => ["torch._utils", own] as const), // biome-ignore format: a list
  ...[
    ["collections", "OrderedDict"],
    ["collections", "Counter"],
    ["collections", "OrderedDict.__class__"],
    ["torch", "Size"],
    ["torch", "Tensor"],
    ["torch", "float32"],
    ["torch", "device"],
    ["torch.storage", "UntypedStorage"],
    ["torch.nn.parameter", "Parameter"],
    ["torch.serialization", "_get_layout"],
    ["__builtin__", "set"],
    ["builtins", "bytearray"],
    ["_codecs", "encode"],
  ].map(([module = "", own = ""]) => [module, own] as const),
];
const HOSTILE: readonly (readonly [string, string])[] = [
  "os system|posix system|nt system|subprocess check_output|subprocess Popen|builtins eval|builtins exec|builtins __import__",
  "builtins getattr|builtins open|runpy run_path|importlib import_module|torch load|torch.hub load|torch.jit load",
  "numpy load|pickle loads|shutil rmtree|socket socket|ctypes CDLL|sys exit|webbrowser open|node:child_process execSync",
  "fs writeFileSync|process exit|constructor constructor|__proto__ toString",
]
  .flatMap((line) => line.split("|"))
  .map((each) => each.split(" ") as [string, string]);

/** A call that would leave its mark, were it made. */
function attack(random: Chooser): Op[] {
  const [module, own] = random.pick(HOSTILE);
  const argument = text(random.pick([`touch ${CANARY}`, `open('${CANARY}', 'w')`, CANARY, "node:fs"]));
  const call = random.pick([
    [name(module, own), argument, op(0x85), REDUCE],
    [text(module), text(own), op(0x93), argument, op(0x85), REDUCE],
    [MARK, argument, op(0x69, ...new TextEncoder().encode(`${module}\n${own}\n`))],
    [MARK, name(module, own), argument, op(0x6f)],
    [name(module, own), argument, op(0x85), op(0x81)],
    [name(module, own), argument, op(0x85), op(0x81), DICT, BUILD],
    [text(`${module}.${own}`), op(0x51)],
    [op(0x50, ...new TextEncoder().encode(`${module}.${own}\n`))],
    [op(0x82, 1)],
  ]);
  return random.chance(0.3) ? [...call, op(0x30)] : call;
}

function someOp(random: Chooser): Op {
  return random.weighted<() => Op>([
    [3, () => int(random.pick(NUMBERS))],
    [1, () => long(random.pick(LONGS), random.pick([1, 2, 4, 5, 8, 8, 9, 9, 20]))],
    [2, () => text(random.pick(TEXTS))],
    [1, () => op(0x8c, ...textBytes(random.pick(TEXTS).slice(0, 90)))],
    [3, () => name(...random.pick(NAMES))],
    [2, () => get(random.int(12))],
    [2, () => put(random.int(12))],
    [1, () => op(random.pick([0x6a, 0x72]), random.int(8), 0, 0, 0)],
    [1, () => op(0x47, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0)],
    [1, () => op(0x80, random.pick([0, 1, 2, 3, 4, 5, 6, 255]))],
    [1, () => op(0x55, ...textBytes(random.pick(TEXTS).slice(0, 90)))],
    [6, () => op(random.pick([0x28, 0x29, 0x74, 0x85, 0x86, 0x87, 0x52, 0x62, 0x73, 0x75, 0x5d, 0x61, 0x65, 0x7d, 0x4e, 0x88, 0x89, 0x51, 0x93, 0x94, 0x8f, 0x81, 0x30, 0x31, 0x32, 0x2e]))], // biome-ignore format: a list
    [1, () => op(random.int(256))],
  ])();
}

function textBytes(value: string): number[] {
  const bytes = new TextEncoder().encode(value);
  return [bytes.length, ...bytes];
}

type Change = (ops: Op[], random: Chooser) => void;

/** Changes of a pickle's meaning. */
const CHANGES: readonly (readonly [number, Change])[] = [
  [4, (ops, random) => void ops.splice(place(ops, random), 1)],
  [3, (ops, random) => void ops.splice(place(ops, random), 0, someOp(random))],
  [4, (ops, random) => void ops.splice(place(ops, random), 1, someOp(random))],
  [2, (ops, random) => repeat(ops, random)],
  [2, (ops, random) => move(ops, random)],
  [2, (ops, random) => foreign(ops, random)],
  [3, (ops, random) => void ops.splice(place(ops, random), 0, ...attack(random))],
  // A value of another size or kind in the place of one.
  [5, (ops, random) => instead(ops, random, isNumber, () => int(random.pick(NUMBERS)))],
  [2, (ops, random) => instead(ops, random, isNumber, () => long(random.pick(LONGS)))],
  [4, (ops, random) => instead(ops, random, isText, () => text(random.pick(TEXTS)))],
  [5, (ops, random) => instead(ops, random, isName, () => name(...random.pick(NAMES)))],
  [2, (ops, random) => instead(ops, random, ({ code }) => code === 0x68 || code === 0x71, ({ code }) => op(code, random.int(20)))], // biome-ignore format: one change
  [2, (ops, random) => instead(ops, random, ({ code }) => code === 0x88 || code === 0x89, () => random.pick([NONE, op(0x88), int(1), DICT]))], // biome-ignore format: one change
  // More arguments for a call, another number of them, metadata of a tensor.
  [
    3,
    (ops, random) =>
      before(
        ops,
        random,
        ({ code }) => code === 0x74,
        () => random.pick(MORE),
      ),
  ],
  [
    2,
    (ops, random) =>
      before(
        ops,
        random,
        ({ code }) => code === STOP.code,
        () => random.pick(STATES),
      ),
  ],
  // A mark too many: what was there before lies below it.
  [
    2,
    (ops, random) =>
      before(
        ops,
        random,
        ({ code }) => [0x73, 0x62, 0x71, 0x61].includes(code),
        () => [MARK],
      ),
  ],
  [
    1,
    (ops, random) =>
      before(
        ops,
        random,
        ({ code }) => code === 0x73,
        () => [put(9), get(9)],
      ),
  ],
  [1, (ops) => void ops.push(...dictOf([]))],
  [0.2, (ops, random) => void ops.splice(place(ops, random), 0, ...Array.from({ length: random.pick([100, 255, 257, 5000]) }, () => random.pick([MARK, NONE, EMPTY])))], // biome-ignore format: one change
];

const MORE: readonly (readonly Op[])[] = [
  [NONE],
  [DICT],
  [FALSE],
  [int(0)],
  [DICT, text("neg"), op(0x88), SETITEM],
  [DICT, text("conj"), op(0x88), SETITEM],
  orderedDict(),
  tuple(),
];
const STATES: readonly (readonly Op[])[] = [
  [DICT, BUILD],
  [DICT, text("_metadata"), ...orderedDict(), SETITEM, BUILD],
  [DICT, text("__class__"), NONE, SETITEM, BUILD],
  [NONE, BUILD],
  [op(0x85)],
  [NONE, SETITEM],
];

const isNumber = ({ code }: Op): boolean => [0x4b, 0x4d, 0x4a, 0x8a].includes(code);
const isText = ({ code }: Op): boolean => code === 0x58 || code === 0x8c;
const isName = ({ code }: Op): boolean => code === 0x63;

function place(ops: readonly Op[], random: Chooser): number {
  return random.int(ops.length + 1);
}

function places(ops: readonly Op[], fits: (each: Op) => boolean): number[] {
  return ops.flatMap((each, i) => (fits(each) ? [i] : []));
}

function instead(ops: Op[], random: Chooser, fits: (each: Op) => boolean, other: (each: Op) => Op): void {
  const all = places(ops, fits);
  if (all.length === 0) return;
  const at = random.pick(all);
  ops[at] = other(ops[at] as Op);
}

function before(ops: Op[], random: Chooser, fits: (each: Op) => boolean, more: () => readonly Op[]): void {
  const all = places(ops, fits);
  if (all.length > 0) ops.splice(random.pick(all), 0, ...more());
}

function repeat(ops: Op[], random: Chooser): void {
  const from = place(ops, random);
  ops.splice(place(ops, random), 0, ...ops.slice(from, from + random.between(1, 12)));
}

function move(ops: Op[], random: Chooser): void {
  const some = ops.splice(place(ops, random), random.between(1, 4));
  ops.splice(place(ops, random), 0, ...some);
}

function foreign(ops: Op[], random: Chooser): void {
  const [, other] = random.pick(SEEDS);
  const from = random.int(other.length);
  ops.splice(place(ops, random), random.int(4), ...other.slice(from, from + random.between(1, 30)));
}

/** Case `index` of a seed. */
export function pickleCase(seed: number, index: number): Uint8Array {
  const random = chooserOf(seed, index);
  const [archive, whole] = random.pick(SEEDS);
  const ops = [...whole];
  const changes = random.weighted([
    [1, 0],
    [8, 1],
    [3, 2],
    [1, 4],
  ]);
  for (let i = 0; i < changes; i++) random.weighted(CHANGES)(ops, random);
  const bytes = pickled(ops);
  const share = changes === 0 ? 0.8 : 0.15;
  const spoiled = random.chance(share) ? withChangedBytes(bytes, random, random.pick([1, 1, 2, 4])) : bytes;
  return assembled(withPickle(archive, spoiled));
}
