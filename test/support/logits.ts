/** Logits of a checkpoint's language model, for comparison with PyTorch's. */

import type { Checkpoint } from "../../src/model/checkpoint/load.js";
import { Llama } from "../../src/model/decoder/llama/llama.js";
import { logitsOf } from "../../src/model/latent/load/try-forward.js";
import { uploadModel } from "../../src/model/latent/load/upload-model.js";
import { disposeProjection } from "../../src/model/latent/projection.js";
import { startEngine } from "../../src/model/tensor/backend.js";

/** Logits that predict what follows the ids, by vocabulary id. */
export async function lastLogits(checkpoint: Checkpoint, ids: readonly number[]): Promise<number[]> {
  await startEngine("auto");
  const { llama: weights, projection } = await uploadModel(checkpoint);
  const llama = new Llama(checkpoint.config, weights);
  try {
    const all = logitsOf(llama, ids);
    return Array.from({ length: checkpoint.vocabRows }, (_, id) => all[(id + 1) * ids.length - 1] ?? Number.NaN);
  } finally {
    llama.dispose();
    if (projection !== null) disposeProjection(projection);
  }
}
