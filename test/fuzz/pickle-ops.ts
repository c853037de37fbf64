/** Pickles as lists of operations, so that a mutator can change their meaning and not only their bytes. */

/** One operation: its code and the bytes of its argument. */
export interface Op {
  readonly code: number;
  readonly arg: readonly number[];
}

const bytesOf = (text: string): number[] => [...new TextEncoder().encode(text)];
const le = (n: number, size: number): number[] =>
  Array.from({ length: size }, (_, i) => Math.floor(n / 2 ** (8 * i)) & 255);

/** How many bytes follow a code, where that is fixed. */
const FIXED: Readonly<Record<number, number>> = {
  ...{ 128: 1, 149: 8, 75: 1, 77: 2, 74: 4, 71: 8, 113: 1, 114: 4, 104: 1, 106: 4, 130: 1, 131: 2, 132: 4 },
};
/** How many bytes hold the length of what follows a code. */
const COUNTED: Readonly<Record<number, number>> = {
  88: 4,
  140: 1,
  138: 1,
  85: 1,
  67: 1,
  66: 4,
  139: 4,
  141: 8,
  142: 8,
};
const LINES: Readonly<Record<number, number>> = {
  99: 2,
  105: 2,
  80: 1,
  73: 1,
  76: 1,
  86: 1,
  83: 1,
  70: 1,
  103: 1,
  112: 1,
};

/** @param bytes a whole pickle. @returns its operations up to STOP. */
export function opsOf(bytes: Uint8Array): Op[] {
  const ops: Op[] = [];
  for (let at = 0; at < bytes.length; ) {
    const code = bytes[at] as number;
    const from = at + 1;
    at = from + argumentSize(bytes, code, from);
    ops.push({ code, arg: [...bytes.subarray(from, at)] });
    if (code === STOP.code) break;
  }
  return ops;
}

function argumentSize(bytes: Uint8Array, code: number, from: number): number {
  const counted = COUNTED[code];
  if (counted !== undefined) {
    let size = 0;
    for (let i = counted - 1; i >= 0; i--) size = size * 256 + (bytes[from + i] ?? 0);
    return counted + size;
  }
  let end = from;
  for (let lines = LINES[code] ?? 0; lines > 0; lines--) end = bytes.indexOf(10, end) + 1;
  return (FIXED[code] ?? 0) + end - from;
}

/** Operations as bytes. */
export function pickled(ops: readonly Op[]): Uint8Array {
  return Uint8Array.from(ops.flatMap(({ code, arg }) => [code, ...arg]));
}

export const op = (code: number, ...arg: number[]): Op => ({ code, arg });
export const STOP = op(0x2e);
export const MARK = op(0x28);
export const TUPLE = op(0x74);
export const REDUCE = op(0x52);
export const NONE = op(0x4e);
export const FALSE = op(0x89);
export const DICT = op(0x7d);
export const EMPTY = op(0x29);
export const SETITEM = op(0x73);
export const PERSISTENT = op(0x51);
export const BUILD = op(0x62);

export const text = (value: string): Op => op(0x58, ...le(bytesOf(value).length, 4), ...bytesOf(value));
export const name = (module: string, own: string): Op => op(0x63, ...bytesOf(`${module}\n${own}\n`));
export const put = (index: number): Op => op(0x71, index & 255);
export const get = (index: number): Op => op(0x68, index & 255);

/** A whole number as Python's pickler writes it. */
export function int(n: number): Op {
  if (n >= 0 && n < 256) return op(0x4b, n);
  if (n >= 0 && n < 65_536) return op(0x4d, ...le(n, 2));
  if (n >= -(2 ** 31) && n < 2 ** 31) return op(0x4a, ...le(n >>> 0, 4));
  return long(BigInt(n));
}

/** LONG1, for numbers of any size. */
export function long(n: bigint, size = 9): Op {
  const bytes = Array.from({ length: size }, (_, i) => Number((n >> BigInt(8 * i)) & 255n));
  return op(0x8a, size, ...bytes);
}

/** A tuple of values. */
export const tuple = (...items: readonly (Op | readonly Op[])[]): Op[] => [MARK, ...items.flat(), TUPLE];

/** What a tensor is made from; each part may be given wrongly. */
export interface TensorParts {
  readonly type: string;
  readonly key: string;
  readonly length: number;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly location?: string;
  /** What comes after the strides, instead of requires_grad and hooks. */
  readonly rest?: readonly Op[];
}

export const orderedDict = (): Op[] => [name("collections", "OrderedDict"), EMPTY, REDUCE];

/** Operations that leave a tensor on the stack. */
export function tensor({ type, key, length, offset, shape, strides, location = "cpu", rest }: TensorParts): Op[] {
  return [
    name("torch._utils", "_rebuild_tensor_v2"),
    MARK,
    ...tuple(text("storage"), name("torch", type), text(key), text(location), int(length)),
    PERSISTENT,
    int(offset),
    ...tuple(shape.map(int)),
    ...tuple(strides.map(int)),
    ...(rest ?? [FALSE, ...orderedDict()]),
    TUPLE,
    REDUCE,
  ];
}

/** A whole pickle of protocol 2: a dict of values. */
export function dictOf(entries: readonly (readonly [string, readonly Op[]])[], start: readonly Op[] = [DICT]): Op[] {
  return [op(0x80, 2), ...start, ...entries.flatMap(([key, value]) => [text(key), ...value, SETITEM]), STOP];
}
