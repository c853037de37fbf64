/** Logits of a checkpoint's language model, for comparison with PyTorch's. */

import type { Checkpoint } from "../../src/model/checkpoint/load.js";
import { logitsOf } from "../../src/model/latent/load/try-forward.js";
import { uploadModel } from "../../src/model/latent/load/upload-model.js";
import { disposeProjection } from "../../src/model/latent/projection.js";
import { startEngine } from "../../src/model/tensor/engines/start.js";

/** Logits that predict what follows the ids, by vocabulary id. */
export async function lastLogits(checkpoint: Checkpoint, ids: readonly number[]): Promise<number[]> {
  await startEngine("auto");
  const { decoder, projection } = await uploadModel(checkpoint);
  try {
    const all = await logitsOf(decoder, ids);
    return Array.from({ length: checkpoint.vocabRows }, (_, id) => all[(id + 1) * ids.length - 1] ?? Number.NaN);
  } finally {
    decoder.dispose();
    if (projection !== null) disposeProjection(projection);
  }
}
