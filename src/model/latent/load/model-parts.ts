/** From an opened checkpoint to the parts of a model on the engine. No Node API here. */

import type { Because, Checkpoint, ModelHashes, OpenOptions } from "../../checkpoint/load.js";
import type { CheckpointFiles } from "../../checkpoint/source.js";
import type { DecoderConfig } from "../../decoder/config.js";
import type { Decoder } from "../../decoder/decoder.js";
import type { EngineInfo } from "../../tensor/engine.js";
import type { Hold } from "../../tensor/hold-names.js";
import type { Tensor2D } from "../../tensor/tf.js";
import type { Tokenizer } from "../../tokenizer/tokenizer.js";
import type { CodiConfig } from "../config.js";
import type { ProjectionWeights } from "../projection.js";
import { protocolOf } from "../protocols/index.js";
import type { AnyProtocol, ProtocolName } from "../protocols/names.js";
import { namedProtocol, type OwnProtocol } from "../protocols/own.js";
import { checkHold, type HoldOptions } from "./check-hold.js";
import { checkRunnable } from "./check-runnable.js";
import { tokenizerOf } from "./tokenizer-of.js";
import { type LoadProgress, uploadModel } from "./upload-model.js";

/** Options of a load from files, wherever they are. */
export interface FileLoadOptions {
  /** By name, or one of your own (docs/protocols.md). Default: what the weights show and `codi.json` says, else `codi`. */
  readonly protocol?: ProtocolName | OwnProtocol;
  /** How many latents are run. Default: what `codi.json` says, else 6. */
  readonly latents?: number;
  /** The base model's files: for an adapter, and for a checkpoint that comes without configuration or tokenizer. */
  readonly base?: CheckpointFiles;
  /** Refuse what no file says and would have to be assumed, such as LoRA's alpha. */
  readonly strict?: boolean;
  /**
   * `stored`: matrices stay in BF16 or F16, as their files store them, and each is widened whenever it is used. About half the memory, the
   * same numbers, slower (docs/engines.md); on the CPU only. Default: all in float32.
   */
  readonly hold?: Hold;
  /** Is given what is odd but no error, one line each. */
  readonly onNotice?: (notice: string) => void;
  /** Is given how far the load is. */
  readonly onProgress?: (progress: LoadProgress) => void;
}

/** What a model consists of; whoever has it owns the decoder, the projection and the learned vector. */
export interface ModelParts {
  readonly name: string;
  readonly config: DecoderConfig;
  readonly codi: CodiConfig;
  readonly eosTokenId: number;
  readonly protocol: AnyProtocol;
  /** How the protocol and the number of latents are known, as the end of a sentence. */
  readonly because: Because;
  readonly engine: EngineInfo;
  readonly hashes: () => Promise<ModelHashes>;
  readonly tokenizer: Tokenizer;
  readonly decoder: Decoder;
  /** Null where the model has none. */
  readonly projection: ProjectionWeights | null;
  /** The pause control's learned vector, `[dModel, 1]`; null where the model has none. */
  readonly pause: Tensor2D | null;
  /** Inner width of the projection that the protocol feeds back through; null where it feeds back otherwise. */
  readonly prjDim: number | null;
  readonly vocabRows: number;
}

/** The same options as `openCheckpoint` takes them. */
export function openOptions({ base, protocol, latents, onNotice, strict }: FileLoadOptions): OpenOptions {
  return { base, onNotice, strict, latents, protocol: protocol === undefined ? undefined : namedProtocol(protocol) };
}

/** A checkpoint that can be run and whose tokenizer fits. */
export interface CheckedCheckpoint {
  readonly checkpoint: Checkpoint;
  readonly tokenizer: Tokenizer;
}

/**
 * Looks, before a weight is read, whether a checkpoint can become a model.
 *
 * @throws BadInputError where it cannot, UsageError where it cannot be held as asked.
 */
export function checkedCheckpoint(checkpoint: Checkpoint, options: HoldOptions): CheckedCheckpoint {
  checkRunnable(checkpoint);
  checkHold(checkpoint, options);
  return { checkpoint, tokenizer: tokenizerOf(checkpoint, options.onNotice) };
}

/** Brings the weights onto the engine. @throws BadInputError for weights that are damaged or not finite. */
export async function modelParts(
  { checkpoint, tokenizer }: CheckedCheckpoint,
  engine: EngineInfo,
  options: Pick<FileLoadOptions, "onProgress" | "hold">,
): Promise<ModelParts> {
  const { name, config, codi, because, eosTokenId, vocabRows, hashes } = checkpoint;
  const { decoder, projection, pause } = await uploadModel(checkpoint, options);
  const { protocol } = codi;
  const prjDim = protocolOf(protocol).feedback === "projection" ? checkpoint.prjDim : null;
  return {
    name,
    config,
    codi,
    eosTokenId,
    protocol,
    because,
    engine,
    hashes,
    tokenizer,
    decoder,
    projection,
    pause,
    prjDim,
    vocabRows,
  };
}
