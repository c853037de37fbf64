/** Writes safetensors with the same bytes as the reference library for the same tensors. */

import { UsageError } from "../errors.js";
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

/**
 * @param metadata text pairs stored under `__metadata__`.
 * @throws UsageError when data and shape disagree or a name stands twice.
 */
export function writeSafetensors(
  tensors: readonly TensorToWrite[],
  metadata?: Readonly<Record<string, string>>,
): Uint8Array {
  const ordered = [...tensors].sort((a, b) => ALIGNMENT[b.dtype] - ALIGNMENT[a.dtype] || compareUtf8(a.name, b.name));
  const entries: string[] = metadata === undefined ? [] : [`"__metadata__":${JSON.stringify(metadata)}`];
  let offset = 0;
  const names = new Set<string>();
  for (const { name, dtype, shape, data } of ordered) {
    const wanted = shape.reduce((product, n) => product * n, 1);
    if (wanted !== data.length)
      throw new UsageError(
        `Tensor "${name}" has ${data.length} values, its shape [${shape.join(", ")}] wants ${wanted}`,
        "correct one of them",
      );
    if (name === "__metadata__") throw new UsageError(`No tensor can be named "__metadata__"`, "choose another name");
    if (names.has(name)) throw new UsageError(`Tensor "${name}" is given twice`, "give each name once");
    names.add(name);
    const end = offset + data.length * DTYPE_BYTES[dtype];
    entries.push(
      `${JSON.stringify(name)}:{"dtype":"${dtype}","shape":[${shape.join(",")}],"data_offsets":[${offset},${end}]}`,
    );
    offset = end;
  }
  const header = new TextEncoder().encode(`{${entries.join(",")}}`);
  const padded = Math.ceil(header.length / 8) * 8;
  const out = new Uint8Array(8 + padded + offset).fill(0x20, 8, 8 + padded);
  new DataView(out.buffer).setBigUint64(0, BigInt(padded), true);
  out.set(header, 8);
  let at = 8 + padded;
  for (const { data } of ordered) {
    out.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
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
