/** Writes safetensors with the same bytes as the reference library for the same tensors. */

import { UsageError } from "../../base/errors.js";
import { DTYPE_BYTES } from "./dtype.js";

/** A tensor to write; F16 and BF16 come as their 16-bit words. */
export type TensorToWrite =
  | { readonly name: string; readonly dtype: "F32"; readonly shape: readonly number[]; readonly data: Float32Array }
  | { readonly name: string; readonly dtype: "I32"; readonly shape: readonly number[]; readonly data: Int32Array }
  | {
      readonly name: string;
      readonly dtype: "F16" | "BF16";
      readonly shape: readonly number[];
      readonly data: Uint16Array;
    };

// The reference sorts by its enumeration of types, widest last; among those written here this is the order.
const ALIGNMENT: Readonly<Record<TensorToWrite["dtype"], number>> = { F32: 3, I32: 2, BF16: 1, F16: 0 };

/** A tensor's place in a file, without its values. */
export interface TensorEntry {
  readonly name: string;
  readonly dtype: TensorToWrite["dtype"];
  readonly shape: readonly number[];
  /** Elements that will be written. */
  readonly length: number;
}

/**
 * The beginning of a file, and where each tensor's bytes go in it.
 *
 * @param metadata text pairs stored under `__metadata__`.
 * @throws UsageError when length and shape disagree or a name stands twice.
 */
export function safetensorsHeader(
  tensors: readonly TensorEntry[],
  metadata?: Readonly<Record<string, string>>,
): { readonly bytes: Uint8Array; readonly offsets: ReadonlyMap<string, number>; readonly size: number } {
  const ordered = [...tensors].sort((a, b) => ALIGNMENT[b.dtype] - ALIGNMENT[a.dtype] || compareUtf8(a.name, b.name));
  const entries: string[] = metadata === undefined ? [] : [`"__metadata__":${JSON.stringify(metadata)}`];
  let offset = 0;
  const begins = new Map<string, number>();
  for (const { name, dtype, shape, length } of ordered) {
    const wanted = shape.reduce((product, n) => product * n, 1);
    if (wanted !== length)
      throw new UsageError(
        `Tensor "${name}" has ${length} values, its shape [${shape.join(", ")}] wants ${wanted}`,
        "correct one of them",
      );
    if (name === "__metadata__") throw new UsageError(`No tensor can be named "__metadata__"`, "choose another name");
    if (begins.has(name)) throw new UsageError(`Tensor "${name}" is given twice`, "give each name once");
    begins.set(name, offset);
    const end = offset + length * DTYPE_BYTES[dtype];
    entries.push(
      `${JSON.stringify(name)}:{"dtype":"${dtype}","shape":[${shape.join(",")}],"data_offsets":[${offset},${end}]}`,
    );
    offset = end;
  }
  const header = new TextEncoder().encode(`{${entries.join(",")}}`);
  const padded = Math.ceil(header.length / 8) * 8;
  const bytes = new Uint8Array(8 + padded).fill(0x20, 8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded), true);
  bytes.set(header, 8);
  const offsets = new Map([...begins].map(([name, begin]) => [name, bytes.length + begin]));
  return { bytes, offsets, size: bytes.length + offset };
}

/**
 * A whole file in memory.
 *
 * @param metadata text pairs stored under `__metadata__`.
 * @throws UsageError when data and shape disagree or a name stands twice.
 * @example
 * ```ts
 * const direction = { name: "direction", dtype: "F32" as const, shape: [2], data: Float32Array.of(0.5, -0.5) };
 * writeSafetensors([direction]).byteLength; // → 80
 * ```
 */
export function writeSafetensors(
  tensors: readonly TensorToWrite[],
  metadata?: Readonly<Record<string, string>>,
): Uint8Array {
  const entries = tensors.map(({ name, dtype, shape, data }) => ({ name, dtype, shape, length: data.length }));
  const { bytes, offsets, size } = safetensorsHeader(entries, metadata);
  const out = new Uint8Array(size);
  out.set(bytes);
  for (const { name, data } of tensors)
    out.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offsets.get(name) ?? 0);
  return out;
}

/** The reference orders names by their UTF-8 bytes; JavaScript's `<` puts emoji before U+E000. */
function compareUtf8(a: string, b: string): number {
  for (let i = 0; i < a.length && i < b.length; ) {
    const x = a.codePointAt(i) ?? 0;
    const y = b.codePointAt(i) ?? 0;
    if (x !== y) return x - y;
    i += x > 0xffff ? 2 : 1;
  }
  return a.length - b.length;
}
