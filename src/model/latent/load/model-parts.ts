/** From an opened checkpoint to the parts of a model on the engine. No Node API here. */

import { BadInputError } from "../../../base/errors.js";
import type { Checkpoint, ModelHashes, OpenOptions } from "../../checkpoint/load.js";
import type { CheckpointFiles } from "../../checkpoint/source.js";
import type { DecoderConfig } from "../../decoder/config.js";
import type { Decoder } from "../../decoder/decoder.js";
import type { EngineInfo } from "../../tensor/engine.js";
import type { Tokenizer } from "../../tokenizer/tokenizer.js";
import type { CodiConfig } from "../config.js";
import type { ProjectionWeights } from "../projection.js";
import type { ProtocolName } from "../protocols/names.js";
import { tokenizerOf } from "./tokenizer-of.js";
import { type LoadProgress, uploadModel } from "./upload-model.js";

/** Options of a load from files, wherever they are. */
export interface FileLoadOptions {
  /** Default: what `codi.json` says, else `codi`. */
  readonly protocol?: ProtocolName;
  /** The base model's files: for an adapter, and for a checkpoint that comes without configuration or tokenizer. */
  readonly base?: CheckpointFiles;
  /** Refuse what no file says and would have to be assumed, such as LoRA's alpha. */
  readonly strict?: boolean;
  /** Is given what is odd but no error, one line each. */
  readonly onNotice?: (notice: string) => void;
  /** Is given how far the load is. */
  readonly onProgress?: (progress: LoadProgress) => void;
}

/** What a model consists of; whoever has it owns the decoder and the projection. */
export interface ModelParts {
  readonly name: string;
  readonly config: DecoderConfig;
  readonly codi: CodiConfig;
  readonly eosTokenId: number;
  readonly protocol: ProtocolName;
  readonly engine: EngineInfo;
  readonly hashes: () => Promise<ModelHashes>;
  readonly tokenizer: Tokenizer;
  readonly decoder: Decoder;
  readonly projection: ProjectionWeights;
  readonly prjDim: number;
  readonly vocabRows: number;
}

/** The same options as `openCheckpoint` takes them. */
export function openOptions({ base, protocol, onNotice, strict }: FileLoadOptions): OpenOptions {
  return { base, onNotice, strict, given: protocol === undefined ? [] : ["protocol"] };
}

/** A checkpoint that has latents and whose tokenizer fits. */
export interface CheckedCheckpoint {
  readonly checkpoint: Checkpoint;
  readonly tokenizer: Tokenizer;
  readonly prjDim: number;
}

/** Looks, before a weight is read, whether a checkpoint can become a model. @throws BadInputError where it cannot. */
export function checkedCheckpoint(checkpoint: Checkpoint, onNotice?: (notice: string) => void): CheckedCheckpoint {
  const { name, prjDim } = checkpoint;
  if (prjDim === null)
    throw new BadInputError(
      `${name} has no projection (prj.1, prj.3), so it has no latents`,
      "give a CODI checkpoint, or load its parts with openCheckpoint",
    );
  return { checkpoint, prjDim, tokenizer: tokenizerOf(checkpoint, onNotice) };
}

/** Brings the weights onto the engine. @throws BadInputError for weights that are damaged or not finite. */
export async function modelParts(
  { checkpoint, tokenizer, prjDim }: CheckedCheckpoint,
  engine: EngineInfo,
  options: Pick<FileLoadOptions, "protocol" | "onProgress">,
): Promise<ModelParts> {
  const { name, config, codi, eosTokenId, vocabRows, hashes } = checkpoint;
  const { decoder, projection } = await uploadModel(checkpoint, options.onProgress);
  if (projection === null) throw new RangeError("A model with a projection was uploaded without it");
  const protocol = options.protocol ?? codi.protocol;
  return {
    name,
    config,
    codi,
    eosTokenId,
    protocol,
    engine,
    hashes,
    tokenizer,
    decoder,
    projection,
    prjDim,
    vocabRows,
  };
}
