/** Reads GGUF, llama.cpp's file of settings and quantised weights (version 3; types F32, F16, Q4_1, Q8_0). */

import { f16ToFloat32 } from "../../src/model/tensor/floats.js";

/** A setting: a number, a text, a truth value, or a list of them. */
export type GgufValue = number | bigint | string | boolean | readonly GgufValue[];

/** One tensor; its values are made when asked for. */
export interface GgufTensor {
  readonly name: string;
  /** Row-major, as PyTorch has it. */
  readonly shape: readonly number[];
  readonly values: () => Float32Array;
}

/** A file's contents. */
export interface Gguf {
  readonly fields: ReadonlyMap<string, GgufValue>;
  readonly tensors: readonly GgufTensor[];
}

/** How a type stores a block of values. */
interface BlockType {
  readonly values: number;
  readonly bytes: number;
  readonly read: (block: DataView, out: Float32Array) => void;
}

const halfAt = (view: DataView, at: number): number => f16ToFloat32(Uint16Array.of(view.getUint16(at, true)))[0] ?? 0;

const TYPES: Readonly<Record<number, BlockType>> = {
  0: { values: 1, bytes: 4, read: (block, out) => out.fill(block.getFloat32(0, true)) },
  1: { values: 1, bytes: 2, read: (block, out) => out.fill(halfAt(block, 0)) },
  // Q4_1: scale and minimum, then the low four bits of the first half's values with the high ones of the second's.
  3: {
    values: 32,
    bytes: 20,
    read: (block, out) => {
      const [scale, least] = [halfAt(block, 0), halfAt(block, 2)];
      for (let i = 0; i < 16; i++) {
        const both = block.getUint8(4 + i);
        out[i] = Math.fround(scale * (both & 15)) + least;
        out[i + 16] = Math.fround(scale * (both >> 4)) + least;
      }
    },
  },
  // Q8_0: a scale and 32 signed bytes.
  8: {
    values: 32,
    bytes: 34,
    read: (block, out) => {
      const scale = halfAt(block, 0);
      for (let i = 0; i < 32; i++) out[i] = scale * block.getInt8(2 + i);
    },
  },
};

/** Reads one after the other. */
class Cursor {
  at = 0;
  readonly view: DataView;

  constructor(readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** @returns where the next `size` bytes begin. */
  skip(size: number): number {
    this.at += size;
    return this.at - size;
  }

  u32(): number {
    return this.view.getUint32(this.skip(4), true);
  }

  size(): number {
    return Number(this.view.getBigUint64(this.skip(8), true));
  }

  text(): string {
    const length = this.size();
    const from = this.skip(length);
    return new TextDecoder().decode(this.bytes.subarray(from, from + length));
  }

  value(type: number): GgufValue {
    const { view } = this;
    const read: readonly (() => GgufValue)[] = [
      () => view.getUint8(this.skip(1)),
      () => view.getInt8(this.skip(1)),
      () => view.getUint16(this.skip(2), true),
      () => view.getInt16(this.skip(2), true),
      () => this.u32(),
      () => view.getInt32(this.skip(4), true),
      () => view.getFloat32(this.skip(4), true),
      () => view.getUint8(this.skip(1)) !== 0,
      () => this.text(),
      () => {
        const of = this.u32();
        return Array.from({ length: this.size() }, () => this.value(of));
      },
      () => view.getBigUint64(this.skip(8), true),
      () => view.getBigInt64(this.skip(8), true),
      () => view.getFloat64(this.skip(8), true),
    ];
    const reader = read[type];
    if (reader === undefined) throw new RangeError(`GGUF: a setting of type ${type}`);
    return reader();
  }
}

/** @throws RangeError for another format, version or type. */
export function readGguf(bytes: Uint8Array): Gguf {
  const cursor = new Cursor(bytes);
  if (cursor.u32() !== 0x46554747) throw new RangeError("GGUF: another format");
  const version = cursor.u32();
  if (version !== 3) throw new RangeError(`GGUF: version ${version}, wanted 3`);
  const [tensorCount, fieldCount] = [cursor.size(), cursor.size()];
  const fields = new Map<string, GgufValue>();
  for (let i = 0; i < fieldCount; i++) {
    const name = cursor.text();
    fields.set(name, cursor.value(cursor.u32()));
  }
  const found = Array.from({ length: tensorCount }, () => {
    const name = cursor.text();
    const shape = Array.from({ length: cursor.u32() }, () => cursor.size()).reverse();
    return { name, shape, type: cursor.u32(), offset: cursor.size() };
  });
  const alignment = Number(fields.get("general.alignment") ?? 32);
  const begin = Math.ceil(cursor.at / alignment) * alignment;
  const tensors = found.map(({ name, shape, type, offset }) => ({
    name,
    shape,
    values: () => valuesOf(bytes.subarray(begin + offset), type, shape),
  }));
  return { fields, tensors };
}

function valuesOf(bytes: Uint8Array, type: number, shape: readonly number[]): Float32Array {
  const block = TYPES[type];
  if (block === undefined) throw new RangeError(`GGUF: a tensor of type ${type}`);
  const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
  for (let i = 0; i < values.length / block.values; i++) {
    const view = new DataView(bytes.buffer, bytes.byteOffset + i * block.bytes, block.bytes);
    block.read(view, values.subarray(i * block.values, (i + 1) * block.values));
  }
  return values;
}
