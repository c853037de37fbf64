/** The embedded model with the numbers of each weight in another order: same sizes, same norms, nothing that was learned. */

import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { permutation, seededRandom } from "../../src/base/random.js";
import { filesIn } from "../support/checkpoint-files.js";
import { rewritten } from "../support/rewritten.js";

/** Writes its folder. Vectors, which scale, stay as they are. */
export function writeShuffled(folder: string, seed = 1): void {
  cpSync("weights/tiny-codi", folder, { recursive: true });
  const file = rewritten(filesIn("weights/tiny-codi")["model.safetensors"], (tensor) => {
    if (tensor.dtype !== "F32") throw new Error(`${tensor.name} is ${tensor.dtype}, not float32`);
    if (tensor.shape.length < 2) return tensor;
    // By size, so that the head stays the embedding.
    const order = permutation(tensor.data.length, seededRandom(seed + tensor.data.length));
    return { ...tensor, data: Float32Array.from(order, (from) => tensor.data[from] ?? 0) };
  });
  writeFileSync(join(folder, "model.safetensors"), file);
}
