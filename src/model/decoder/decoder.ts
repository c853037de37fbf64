/** A language model as the latent code knows it. Each family stands behind this interface; only the loader knows which one it is. */

import type { RunHooks } from "../hooks/run-hooks.js";
import type { Matrix } from "../tensor/held-matrix.js";
import type { Tensor2D } from "../tensor/tf.js";
import type { Ascent } from "./ascent.js";
import type { DecoderConfig } from "./config.js";
import type { KvCache } from "./kv-cache.js";

/** A weight on the engine by its canonical name, in its parts; each may be taken once. */
export type TakeWeight = (name: string) => readonly Matrix[];

/** What a forward returns; both are owned by the caller. */
export interface ForwardResult {
  /** After the final norm, `[dModel, cells]` of the rows that came out. */
  readonly hidden: Tensor2D;
  /** The cache of those rows with this forward's keys; the one passed in stays valid. */
  readonly cache: KvCache;
}

/** What is added whatever the input is, `[dModel, 1]` each; null where nothing is. */
export interface DecoderBiases {
  /** By block, of the matrix that writes the heads: no head's own. */
  readonly attention: readonly (Tensor2D | null)[];
  /** By block, of the MLP's last matrix. */
  readonly mlp: readonly (Tensor2D | null)[];
  /** Of the norm before the head. */
  readonly finalNorm: Tensor2D | null;
}

/** What is read of logits. */
export interface LogitsReading {
  /** All that decides which ops `of` calls, beside the shape of what it is given. */
  readonly kind: string;
  /** @param logits `[part of vocab, cells]`, borrowed. @param from the vocabulary row that it begins with. */
  readonly of: (logits: Tensor2D, from: number) => Tensor2D;
}

/** The language model. Owns its weights. All of it is synchronous: nothing is read back to the host. */
export interface Decoder {
  readonly config: DecoderConfig;

  /** @param ids a token id a cell. @returns `[dModel, cells]`, owned by the caller. */
  embed(ids: readonly number[]): Tensor2D;

  /**
   * Runs the blocks over `x` and the cache.
   *
   * @param x `[dModel, cells]` of the ascent's first rows, borrowed.
   * @param cache keys and values of those rows so far, borrowed.
   * @param ascent padding lies on the right of a row's tokens; that of earlier forwards stays masked.
   * @throws UsageError when a position lies beyond the model's length.
   */
  forward(
    x: Tensor2D,
    cache: KvCache,
    { ascent, hooks }: { readonly ascent: Ascent; readonly hooks: RunHooks },
  ): ForwardResult;

  /** The final norm of residual states `[dModel, cells]`: what the head reads. Owned by the caller. */
  finalNorm(residual: Tensor2D): Tensor2D;

  /** Logits of every vocabulary row. @param hidden `[dModel, cells]` after the final norm. @returns `[vocab, cells]`, owned by the caller. */
  logits(hidden: Tensor2D): Tensor2D;
  /**
   * What is read of the logits, of one part of the vocabulary after the other, so that they never stand side by side.
   *
   * @param hidden `[dModel, cells]`.
   * @returns all readings one below the other, owned by the caller.
   */
  readLogits(hidden: Tensor2D, reading: LogitsReading): Tensor2D;
  /** Rows of the vocabulary in each part. */
  readonly partRows: readonly number[];

  /** The head's rows of some tokens as columns `[dModel, tokens]`, owned by the caller. @throws RangeError for a token that is not in the head. */
  headColumns(tokens: readonly number[]): Tensor2D;

  /**
   * Takes directions from behind the final norm to before it, without what the norm adds. Its scale is held, cell by cell, at what the states before it give.
   *
   * @param directions `[dModel, cells]`. @param residual states before the norm, `[dModel, cells]`. @returns `[dModel, cells]`, owned by the caller.
   */
  throughFinalNorm(directions: Tensor2D, residual: Tensor2D): Tensor2D;

  /** The matrix that writes a block's heads into the residual stream, `[dModel, heads * dHead]`, owned by the caller. */
  attentionOutput(layer: number): Tensor2D;

  /** All of the biases that the residual stream and the head's input get; borrowed. */
  biases(): DecoderBiases;

  /** What positions add to the residual stream, `[dModel, positions]`, owned by the caller; null where they add nothing. */
  positionColumns(positions: ArrayLike<number>): Tensor2D | null;

  /** Frees the weights; safe to call twice. */
  dispose(): void;
}
