/** Brings a checkpoint's weights onto the engine, one by one, so that no second copy of the model is ever held. */

import type { Checkpoint } from "../checkpoint/load.js";
import { quoted } from "../checkpoint/quoted.js";
import type { WeightParts } from "../checkpoint/weight-reader.js";
import { BadInputError } from "../errors.js";
import { fuse, fusedWith, type LlamaWeights, llamaWeights, mayBeInParts } from "../llama/weights.js";
import { scan } from "../tensor/floats.js";
import { type Tensor, type Tensor2D, tf } from "../tensor/tf.js";
import { uploadMatrix, uploadVector } from "../tensor/upload.js";
import { type ProjectionWeights, projectionWeights } from "./projection.js";

/** A model's weights on the engine, owned by the caller. */
export interface ModelWeights {
  readonly llama: LlamaWeights;
  /** Null for a plain LLaMA. */
  readonly projection: ProjectionWeights | null;
}

/** How far a load is. */
export interface LoadProgress {
  /** Weights loaded so far, and of all. */
  readonly done: number;
  readonly total: number;
}

/** @throws BadInputError for weights that are damaged or not finite; what was uploaded is freed then. */
export async function uploadModel(
  checkpoint: Checkpoint,
  onProgress: (progress: LoadProgress) => void = () => undefined,
): Promise<ModelWeights> {
  const { config, prjDim, plan } = checkpoint;
  const uploaded = new Map<string, Tensor[]>();
  let done = 0;
  try {
    for await (const parts of checkpoint.weights(mayBeInParts)) {
      const pieces = uploaded.get(parts.name) ?? [];
      if (pieces.length === 0) done += 1;
      uploaded.set(parts.name, pieces);
      pieces.push(upload(parts));
      fuseWhatIsThere(uploaded, parts.name);
      onProgress({ done, total: plan.weights.size });
    }
  } catch (error) {
    tf.dispose([...uploaded.values()].flat());
    throw error;
  }
  const take = (name: string): readonly Tensor[] => {
    const tensors = uploaded.get(name);
    if (tensors === undefined) throw new RangeError(`No weight ${name} was uploaded`);
    return tensors;
  };
  return {
    llama: llamaWeights(config.layers, config.tiedEmbeddings, take),
    projection: prjDim === null ? null : projectionWeights(take),
  };
}

/** Joins a weight with those that are kept in one matrix with it, once all are there. */
function fuseWhatIsThere(uploaded: Map<string, Tensor[]>, name: string): void {
  const group = fusedWith(name);
  if (group === null) return;
  const parts = group.parts.flatMap((part) => uploaded.get(part) ?? []);
  if (parts.length < group.parts.length) return;
  for (const part of group.parts) uploaded.delete(part);
  uploaded.set(group.name, [fuse(parts)]);
}

/** @returns `[out, in]`, vectors `[size, 1]`; owned by the caller. @throws BadInputError when merging leaves float32. */
export function upload({ name, shape, values, lora }: WeightParts): Tensor2D {
  if (shape.length === 1) return uploadVector(values);
  const tensor = uploadMatrix(values, [shape[0] ?? 0, shape[1] ?? 0], false, lora);
  // Finite parts can have an infinite product.
  if (lora?.mayOverflow === true) {
    const data = tensor.dataSync() as Float32Array;
    const { bad } = scan({ dtype: "F32", data });
    if (bad >= 0) {
      tensor.dispose();
      throw new BadInputError(
        `${quoted(name)}: merging its LoRA pair gives ${data[bad]} at element ${bad}`,
        "the adapter is damaged, or lora_alpha in codi.json is wrong",
      );
    }
  }
  return tensor;
}
