/** What a load will take, from the headers of the files alone. No Node API here. */

import { type Because, openCheckpoint } from "../../checkpoint/load.js";
import type { CheckpointFiles } from "../../checkpoint/source.js";
import type { AnyProtocol } from "../protocols/names.js";
import { bytesOfLoad, type LoadBytes } from "./load-bytes.js";
import { checkedCheckpoint, type FileLoadOptions, openOptions } from "./model-parts.js";
import { onePieces } from "./weight-layout.js";

/** A checkpoint before it is loaded. */
export interface FilesEstimate extends LoadBytes {
  readonly name: string;
  readonly parameters: number;
  readonly layers: number;
  readonly dModel: number;
  readonly latents: number;
  /** How it would be run, and how that and the number of latents are known. */
  readonly protocol: AnyProtocol;
  readonly because: Because;
  /** Types of the stored weights, e.g. `F32` or `BF16+F32`. */
  readonly dtype: string;
  /** The largest matrix that the engine has to hold in one piece, in float32: the embedding and the head may be in parts. */
  readonly largestBytes: number;
}

/**
 * Looks at a checkpoint as a load would, and reads no weight.
 *
 * @throws BadInputError for what `LatentModel.load` would refuse before the first weight, with the same sentence.
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 * const folder = import.meta.resolve("codilens/package.json").replace("package.json", "weights/tiny-codi/");
 * const names = ["codi.json", "config.json", "model.safetensors", "tokenizer.json"];
 * const parts = names.map((name) => [name, new Blob([readFileSync(new URL(folder + name))])] as const);
 * const { parameters } = await estimateLoad(filesFromBlobs("tiny-codi", Object.fromEntries(parts)));
 * parameters; // → 830784
 * ```
 */
export async function estimateLoad(files: CheckpointFiles, options: FileLoadOptions = {}): Promise<FilesEstimate> {
  const checkpoint = await openCheckpoint(files, openOptions(options));
  try {
    checkedCheckpoint(checkpoint, options);
    const { name, parameters, config, codi, because, dtype, plan } = checkpoint;
    return {
      name,
      parameters,
      layers: config.layers,
      dModel: config.dModel,
      latents: codi.numLatents,
      protocol: codi.protocol,
      because,
      dtype,
      largestBytes: Math.max(0, ...onePieces(plan).values()),
      ...bytesOfLoad(plan, options.hold),
    };
  } finally {
    await checkpoint.close();
  }
}
