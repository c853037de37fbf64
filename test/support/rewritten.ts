/** A safetensors file with other names, without some tensors, or with more. */

import { type TensorToWrite, writeSafetensors } from "../../src/model/checkpoint/write-safetensors.js";

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

/** Tensors of a file of float32, in its order. */
export function tensorsIn(file: Uint8Array | undefined): TensorToWrite[] {
  const bytes = (file ?? new Uint8Array()).slice();
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))) as Record<string, Entry>;
  return Object.entries(header).flatMap(([name, entry]): TensorToWrite[] => {
    if (name === "__metadata__") return [];
    const [from, to] = entry.data_offsets;
    const data = new Float32Array(bytes.slice(8 + length + from, 8 + length + to).buffer);
    return [{ name, dtype: "F32", shape: entry.shape, data }];
  });
}

/** @param change null drops a tensor. */
export function rewritten(
  file: Uint8Array | undefined,
  change: (tensor: TensorToWrite) => TensorToWrite | null,
  more: readonly TensorToWrite[] = [],
): Uint8Array {
  const kept = tensorsIn(file).map(change);
  return writeSafetensors([...kept.filter((tensor) => tensor !== null), ...more]);
}

/** The same under other names. */
export function renamed(file: Uint8Array | undefined, rename: (name: string) => string): Uint8Array {
  return rewritten(file, (tensor) => ({ ...tensor, name: rename(tensor.name) }));
}
