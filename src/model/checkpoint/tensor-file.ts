/** A file of named tensors beside a model, such as `trace --out` writes: safetensors, or NumPy's NPZ. No Node API here. */

import { widened } from "../tensor/floats.js";
import { openNpz } from "./read-npz.js";
import { openSafetensors } from "./safetensors.js";
import type { CheckpointFiles } from "./source.js";
import type { TensorFile } from "./tensor-file-types.js";

/**
 * Opens a file of tensors; its header is checked whole, no value is read.
 *
 * @param file its name; `.npz` is read as NumPy's archive, anything else as safetensors.
 * @throws BadInputError naming the file and what is wrong.
 * @example
 * ```ts
 * // In a page: the file that the user chose is a blob.
 * const values = Uint8Array.of(0, 0, 128, 63);
 * const header = '{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}  ';
 * const blob = new Blob([Uint8Array.of(header.length, 0, 0, 0, 0, 0, 0, 0), header, values]);
 * const opened = await openTensorFile(filesFromBlobs("mine", { "x.safetensors": blob }), "x.safetensors");
 * await opened.read("x"); // → Float32Array(1) [ 1 ]
 * ```
 */
export async function openTensorFile(files: CheckpointFiles, file: string): Promise<TensorFile> {
  const source = await files.open(file);
  try {
    if (file.endsWith(".npz")) return await openNpz(source);
    const opened = await openSafetensors(source);
    return {
      name: opened.name,
      metadata: opened.metadata,
      tensors: opened.tensors,
      read: async (tensor) => {
        const values = await opened.read(tensor);
        return values.dtype === "F32" ? values.data : widened(values);
      },
      close: () => opened.close(),
    };
  } catch (error) {
    await source.close();
    throw error;
  }
}
