/** Brings a checkpoint's weights onto the engine, one by one, so that no second copy of the model is ever held. */

import { mebibytes } from "../../../base/bytes.js";
import { BadInputError, EnvironmentError } from "../../../base/errors.js";
import type { Checkpoint } from "../../checkpoint/load.js";
import { float32Bytes } from "../../checkpoint/planned-weights.js";
import { quoted } from "../../checkpoint/quoted.js";
import { PAUSE_EMBEDDING } from "../../checkpoint/weight-map.js";
import type { WeightParts } from "../../checkpoint/weight-reader.js";
import type { Decoder } from "../../decoder/decoder.js";
import { familyOf } from "../../decoder/families.js";
import { makeDecoder } from "../../decoder/make-decoder.js";
import { checkEngine, currentEngine, engineHolds, mostEngineBytes, mostTensorBytes } from "../../tensor/engine.js";
import { scan } from "../../tensor/floats.js";
import { numbersOf } from "../../tensor/numbers.js";
import { transpose } from "../../tensor/ops.js";
import { type Tensor2D, tf } from "../../tensor/tf.js";
import { uploadMatrix, uploadVectors } from "../../tensor/upload.js";
import { type ProjectionWeights, projectionWeights } from "../projection.js";
import { layoutWithin } from "./weight-layout.js";

/** A model on the engine, owned by the caller. */
export interface UploadedModel {
  readonly decoder: Decoder;
  /** Null where there is none. */
  readonly projection: ProjectionWeights | null;
  /** The pause control's learned vector, `[dModel, 1]`; null where there is none. */
  readonly pause: Tensor2D | null;
}

/** How far a load is. */
export interface LoadProgress {
  /** Weights loaded so far, and of all. */
  readonly done: number;
  readonly total: number;
  /** A line of what a first load does before the first weight: the engine's set-up, a download. */
  readonly setUp?: string;
}

/**
 * @throws BadInputError for weights that are damaged or not finite, EnvironmentError for one that is too large for the engine or was lost with
 * it; what was uploaded is freed then.
 */
export async function uploadModel(
  checkpoint: Checkpoint,
  onProgress: (progress: LoadProgress) => void = () => undefined,
): Promise<UploadedModel> {
  const { config, prjDim, plan } = checkpoint;
  const family = familyOf(plan.family);
  const layout = layoutWithin(plan, mostTensorBytes());
  await checkRoom(checkpoint);
  const uploaded = new Map<string, Tensor2D[]>();
  const seen = new Set<string>();
  try {
    for await (const parts of checkpoint.weights(layout)) {
      const [first] = parts;
      if (first === undefined) continue;
      const name = family.fusedWith(first.name)?.name ?? first.name;
      const tensor = await upload(parts);
      const kept = family.names.isStoredInOut(first.name) ? turned(tensor) : tensor;
      uploaded.set(name, [...(uploaded.get(name) ?? []), kept]);
      for (const part of parts) seen.add(part.name);
      onProgress({ done: seen.size, total: plan.weights.size });
    }
  } catch (error) {
    tf.dispose([...uploaded.values()].flat());
    throw error;
  }
  checkEngine();
  const take = (name: string): readonly Tensor2D[] => {
    const tensors = uploaded.get(name);
    if (tensors === undefined) throw new RangeError(`No weight ${name} was uploaded`);
    return tensors;
  };
  return {
    decoder: makeDecoder(config, take),
    projection: prjDim === null ? null : projectionWeights(take, plan.weights.has("prj.ln.weight")),
    pause: plan.weights.has(PAUSE_EMBEDDING) ? (take(PAUSE_EMBEDDING)[0] ?? null) : null,
  };
}

/** @throws EnvironmentError where the engine has no room for the weights, before one is read. */
async function checkRoom({ name, plan }: Checkpoint): Promise<void> {
  const bytes = float32Bytes(plan);
  const most = mostEngineBytes();
  if (bytes > most)
    throw new EnvironmentError(
      `The ${currentEngine().name} engine cannot hold ${name}: its weights take ${mebibytes(bytes)} in float32, and the engine can address ${mebibytes(most)}`,
      "compute with --engine native",
    );
  if (!(await engineHolds(bytes)))
    throw new EnvironmentError(
      `The GPU cannot hold ${name}: its weights take ${mebibytes(bytes)} in float32, and so much was refused`,
      "close other programs that use the GPU, or compute with another engine",
    );
}

/**
 * @param parts one weight, or several one below the other.
 * @returns as they are stored, `[out, in]` in most families, vectors `[size, 1]`; owned by the caller. @throws BadInputError when merging leaves float32.
 */
export async function upload(parts: readonly WeightParts[]): Promise<Tensor2D> {
  const [first] = parts;
  if (first === undefined) throw new RangeError("No weight to upload");
  if (first.shape.length === 1) return uploadVectors(parts.map(({ values }) => values));
  const width = first.shape[1] ?? 0;
  const matrix = uploadMatrix(
    parts.map(({ shape, values, lora }) => ({ rows: shape[0] ?? 0, values, lora })),
    width,
  );
  // Finite parts can have an infinite product.
  if (parts.some(({ lora }) => lora?.mayOverflow === true)) await checkMerged(matrix, parts, width);
  return matrix;
}

/** `[in, out]` as `[out, in]`; takes the tensor over. */
function turned(tensor: Tensor2D): Tensor2D {
  const other = transpose(tensor, [1, 0]);
  tensor.dispose();
  return other;
}

async function checkMerged(matrix: Tensor2D, parts: readonly WeightParts[], width: number): Promise<void> {
  const merged = await numbersOf(matrix);
  let first = 0;
  for (const { name, shape } of parts) {
    const data = merged.subarray(first, first + (shape[0] ?? 0) * width);
    const { bad } = scan({ dtype: "F32", data });
    if (bad >= 0) {
      matrix.dispose();
      throw new BadInputError(
        `${quoted(name)}: merging its LoRA pair gives ${data[bad]} at element ${bad}`,
        "the adapter is damaged, or lora_alpha in codi.json is wrong",
      );
    }
    first += data.length;
  }
}
