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
import {
  checkEngine,
  currentEngine,
  engineHolds,
  mostEngineBytes,
  mostTensorBytes,
  nativeBackend,
} from "../../tensor/engine.js";
import { scan } from "../../tensor/floats.js";
import { holdMatrix, type Matrix } from "../../tensor/held-matrix.js";
import type { Hold } from "../../tensor/hold-names.js";
import { numbersOf } from "../../tensor/numbers.js";
import { transpose } from "../../tensor/ops.js";
import type { Tensor2D } from "../../tensor/tf.js";
import { type MatrixRows, uploadMatrix, uploadVectors } from "../../tensor/upload.js";
import { type ProjectionWeights, projectionWeights } from "../projection.js";
import { heldWeights, layoutWithin } from "./weight-layout.js";

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

/** How weights come to the engine. */
export interface UploadOptions {
  readonly onProgress?: ((progress: LoadProgress) => void) | undefined;
  readonly hold?: Hold | undefined;
}

/**
 * @throws BadInputError for weights that are damaged or not finite, EnvironmentError for one that is too large for the engine or was lost with
 * it; what was uploaded is freed then.
 */
export async function uploadModel(
  checkpoint: Checkpoint,
  { onProgress, hold = "float32" }: UploadOptions = {},
): Promise<UploadedModel> {
  const { config, prjDim, plan } = checkpoint;
  const family = familyOf(plan.family);
  const layout = layoutWithin(plan, mostTensorBytes());
  checkHolding(hold);
  await checkRoom(checkpoint);
  const held: ReadonlySet<string> = hold === "stored" ? heldWeights(plan) : new Set();
  const uploaded = new Map<string, Matrix[]>();
  const seen = new Set<string>();
  try {
    for await (const parts of checkpoint.weights(layout)) {
      const [first] = parts;
      if (first === undefined) continue;
      const name = family.fusedWith(first.name)?.name ?? first.name;
      const isTurned = family.names.isStoredInOut(first.name);
      const stored = held.has(first.name) ? holdMatrix(rowsOf(parts), widthOf(parts), { turned: isTurned }) : null;
      const kept = stored ?? (isTurned ? turned(await upload(parts)) : await upload(parts));
      uploaded.set(name, [...(uploaded.get(name) ?? []), kept]);
      for (const part of parts) seen.add(part.name);
      onProgress?.({ done: seen.size, total: plan.weights.size });
    }
  } catch (error) {
    for (const matrix of [...uploaded.values()].flat()) matrix.dispose();
    throw error;
  }
  checkEngine();
  const take = (name: string): readonly Matrix[] => {
    const tensors = uploaded.get(name);
    if (tensors === undefined) throw new RangeError(`No weight ${name} was uploaded`);
    return tensors;
  };
  return {
    decoder: makeDecoder(config, take),
    projection: prjDim === null ? null : projectionWeights(take, plan.weights.has("prj.ln.weight")),
    pause: plan.weights.has(PAUSE_EMBEDDING) ? (take(PAUSE_EMBEDDING)[0] as Tensor2D) : null,
  };
}

/** @throws EnvironmentError for an engine that takes float32 only. */
function checkHolding(hold: Hold): void {
  if (hold === "float32" || nativeBackend() !== null) return;
  const { name, device } = currentEngine();
  throw new EnvironmentError(
    `The ${name} engine${device === "cpu" ? "" : " on a GPU"} holds weights in float32 only, found hold "${hold}"`,
    "leave --hold away, or compute on the CPU with --engine native",
  );
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
  const width = widthOf(parts);
  const matrix = uploadMatrix(rowsOf(parts), width);
  // Finite parts can have an infinite product.
  if (parts.some(({ lora }) => lora?.mayOverflow === true)) await checkMerged(matrix, parts, width);
  return matrix;
}

function rowsOf(parts: readonly WeightParts[]): MatrixRows[] {
  return parts.map(({ shape, values, lora }) => ({ rows: shape[0] ?? 0, values, lora }));
}

function widthOf(parts: readonly WeightParts[]): number {
  return parts[0]?.shape[1] ?? 0;
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
