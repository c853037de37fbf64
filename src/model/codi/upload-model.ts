/** Brings a checkpoint's weights onto the engine, one by one, so that no second copy of the model is ever held. */

import type { Checkpoint } from "../checkpoint/load.js";
import { quoted } from "../checkpoint/quoted.js";
import type { WeightParts } from "../checkpoint/weight-reader.js";
import { BadInputError } from "../errors.js";
import { fusedWith, type LlamaWeights, llamaWeights, mayBeInParts } from "../llama/weights.js";
import { scan } from "../tensor/floats.js";
import { type Tensor2D, tf } from "../tensor/tf.js";
import { joinRows, uploadRows, uploadVector } from "../tensor/upload.js";
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
  const uploaded = new Map<string, Tensor2D[]>();
  const seen = new Set<string>();
  try {
    for await (const parts of checkpoint.weights(mayBeInParts)) {
      seen.add(parts.name);
      place(uploaded, parts);
      onProgress({ done: seen.size, total: plan.weights.size });
    }
  } catch (error) {
    tf.dispose([...uploaded.values()].flat());
    throw error;
  }
  const take = (name: string): readonly Tensor2D[] => {
    const tensors = uploaded.get(name);
    if (tensors === undefined) throw new RangeError(`No weight ${name} was uploaded`);
    return tensors;
  };
  return {
    llama: llamaWeights(config.layers, config.tiedEmbeddings, take),
    projection: prjDim === null ? null : projectionWeights(take),
  };
}

/** Uploads a weight. One that is kept in a common matrix stays in pieces until all of that are there: it is copied only once then. */
function place(uploaded: Map<string, Tensor2D[]>, parts: WeightParts): void {
  const { name } = parts;
  const group = fusedWith(name);
  if (group === null) {
    uploaded.set(name, [...(uploaded.get(name) ?? []), upload(parts)]);
    return;
  }
  uploaded.set(name, uploadPieces(parts));
  if (!group.parts.every((part) => uploaded.has(part))) return;
  const joined = joinRows(group.parts.flatMap((part) => uploaded.get(part) ?? []));
  for (const part of group.parts) uploaded.delete(part);
  uploaded.set(group.name, [joined]);
}

/** @returns `[out, in]`, vectors `[size, 1]`; owned by the caller. @throws BadInputError when merging leaves float32. */
export function upload(parts: WeightParts): Tensor2D {
  return parts.shape.length === 1 ? uploadVector(parts.values) : joinRows(uploadPieces(parts));
}

function uploadPieces({ name, shape, values, lora }: WeightParts): Tensor2D[] {
  const pieces = uploadRows(values, [shape[0] ?? 0, shape[1] ?? 0], lora);
  // Finite parts can have an infinite product.
  let first = 0;
  for (const piece of lora?.mayOverflow === true ? pieces : []) {
    const data = piece.dataSync() as Float32Array;
    const { bad } = scan({ dtype: "F32", data });
    if (bad >= 0) {
      tf.dispose(pieces);
      throw new BadInputError(
        `${quoted(name)}: merging its LoRA pair gives ${data[bad]} at element ${first + bad}`,
        "the adapter is damaged, or lora_alpha in codi.json is wrong",
      );
    }
    first += data.length;
  }
  return pieces;
}
