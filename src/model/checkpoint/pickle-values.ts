/** The values that a state dict's pickle is made of. */

import type { Dtype } from "./dtype.js";

/** A storage that a tensor views. */
export class PickledStorage {
  constructor(
    readonly dtype: Dtype,
    /** Name of its entry under `data/`. */
    readonly key: string,
    /** Elements. */
    readonly length: number,
  ) {}
}

/** A tensor: a view of a storage, offset and strides in elements. */
export class PickledTensor {
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];

  constructor(
    readonly storage: PickledStorage,
    {
      offset,
      shape,
      strides,
    }: { readonly offset: number; readonly shape: readonly number[]; readonly strides: readonly number[] },
  ) {
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }
}

/** Storage types of PyTorch that are read, by name. */
export const STORAGES: Readonly<Record<string, Dtype>> = {
  FloatStorage: "F32",
  HalfStorage: "F16",
  BFloat16Storage: "BF16",
  DoubleStorage: "F64",
  LongStorage: "I64",
  IntStorage: "I32",
  ShortStorage: "I16",
  CharStorage: "I8",
  ByteStorage: "U8",
  BoolStorage: "BOOL",
};

/** What a pickle may have at most. */
export const LIMITS = { operations: 4_000_000, memo: 1_000_000, stack: 1_000_000, marks: 256, text: 65_536 } as const;

/** A tuple. */
export class Tuple {
  constructor(readonly items: readonly Value[]) {}
}
/** A list. */
export class List {
  readonly items: Value[] = [];
}
/** A dict with texts as keys. */
export class Dict {
  readonly entries = new Map<string, Value>();

  /** @param ordered an OrderedDict, which alone may have attributes. */
  constructor(readonly ordered = false) {}
}
/** Kept apart from whole numbers: 1.0 is no size. */
export class Float {
  constructor(readonly value: number) {}
}
/** An allowed name, never looked up. */
export class Name {
  constructor(readonly text: string) {}
}

/** Anything that may stand on the stack. */
export type Value =
  | null
  | boolean
  | number
  | Float
  | string
  | Tuple
  | List
  | Dict
  | Name
  | PickledStorage
  | PickledTensor;

/** Types that PyTorch can take a gradient of. */
export const CAN_TRAIN: ReadonlySet<Dtype> = new Set(["F32", "F16", "BF16", "F64"]);

/** Is it a dict without items? */
export function isEmptyDict(value: Value | undefined): boolean {
  return value instanceof Dict && value.entries.size === 0;
}

/** Is it a whole number from 0 on? */
export function isCount(value: Value | undefined): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
