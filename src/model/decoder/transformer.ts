/** A decoder-only transformer: embeddings, blocks, final norm and head, over a cache that can be forked. Families differ in its parts. */

import { UsageError } from "../../base/errors.js";
import type { RunHooks } from "../hooks/run-hooks.js";
import type { Step } from "../hooks/step.js";
import { float32Copy, type Matrix, tensorsIn } from "../tensor/held-matrix.js";
import { linear, linearInParts } from "../tensor/linear.js";
import { inOneCall } from "../tensor/one-call/one-call.js";
import { add, concat } from "../tensor/ops.js";
import { type Tensor2D, tf } from "../tensor/tf.js";
import type { Ascent } from "./ascent.js";
import { blocks, tensorsOfBlock } from "./block.js";
import { isQuiet } from "./block-calls.js";
import type { BlockWeights } from "./block-parts.js";
import { visitColumns } from "./columns.js";
import type { DecoderConfig } from "./config.js";
import type { Decoder, DecoderBiases, ForwardResult, LogitsReading } from "./decoder.js";
import { headColumns, tokenColumns } from "./embedding.js";
import { FrameBook } from "./frames.js";
import { ENTRY, finalHeight, insideHeight, outputHeight } from "./heights.js";
import { KeyBook } from "./key-book.js";
import type { KvCache } from "./kv-cache.js";
import { type Norm, normed, tensorsOfNorm, throughNorm } from "./norm.js";

/** What a family's model is made of. */
export interface TransformerParts {
  /** `[part of vocab, dModel]` each, in the order of the ids. */
  readonly embedding: readonly Matrix[];
  /** A vector a position, `[maxPositions, dModel]`; null where positions turn queries and keys. */
  readonly positions: Matrix | null;
  /** By how much a position turns queries and keys, `[dHead / 2]`; null where it does not. */
  readonly frequencies: Float32Array | null;
  readonly layers: readonly BlockWeights[];
  readonly finalNorm: Norm;
  /** As the embedding, which it is itself where they are tied. */
  readonly head: readonly Matrix[];
}

/** What decides which blocks can be one call. */
interface Forward {
  readonly layers: number;
  readonly ascent: Ascent;
  readonly hooks: RunHooks;
  readonly keys: KeyBook;
}

/** The block after those that can be one call: rows that stay the same, no hook between them, and no keys to be copied first. */
function quietUpTo(from: number, { layers, ascent, hooks, keys }: Forward): number {
  const { step } = ascent;
  const isCalm = (layer: number): boolean => isQuiet(layer, hooks, { step }) && !keys.copies(layer);
  let next = from + 1;
  if (!isCalm(from)) return next;
  while (
    next < layers &&
    ascent.isFlatUpTo(insideHeight(next)) &&
    !hooks.wants(next - 1, "hook_resid_post", step) &&
    isCalm(next)
  )
    next += 1;
  return next;
}

/** The model. Owns its weights. */
export class Transformer implements Decoder {
  #disposed = false;

  constructor(
    readonly config: DecoderConfig,
    readonly parts: TransformerParts,
  ) {}

  embed(ids: readonly number[]): Tensor2D {
    return tokenColumns(this.parts.embedding, ids);
  }

  forward(
    x: Tensor2D,
    cache: KvCache,
    { ascent, hooks }: { readonly ascent: Ascent; readonly hooks: RunHooks },
  ): ForwardResult {
    this.#checkLength(ascent.step);
    const { config, parts } = this;
    const keys = new KeyBook(cache, ascent);
    try {
      const hidden = tf.tidy(() => {
        const frames = new FrameBook(cache, ascent, { frequencies: parts.frequencies, hooks });
        let residual = this.#entered(ascent.climb(ENTRY, x), ascent.step, hooks);
        for (let layer = 0, next = 0; layer < config.layers; layer = next) {
          residual = ascent.climb(insideHeight(layer), residual);
          const { step } = ascent;
          next = quietUpTo(layer, { layers: config.layers, ascent, hooks, keys });
          const own = parts.layers.slice(layer, next).map((weights, place) => {
            const number = layer + place;
            return { config, layer: number, weights, ...frames.of(number), hooks, step, keysOf: () => keys.of(number) };
          });
          residual = blocks(residual, own);
          residual = ascent.climb(outputHeight(next - 1), residual);
          residual = visitColumns(residual, ascent.step, { hooks, layer: next - 1, kind: "hook_resid_post" });
        }
        residual = ascent.climb(finalHeight(config.layers), residual);
        return normed(residual, parts.finalNorm, { hooks, step: ascent.step, layer: null, name: "ln_final" });
      });
      return { hidden, cache: keys.finish() };
    } catch (error) {
      keys.drop();
      throw error;
    }
  }

  finalNorm(residual: Tensor2D): Tensor2D {
    return tf.tidy(() => normed(residual, this.parts.finalNorm));
  }

  throughFinalNorm(directions: Tensor2D, residual: Tensor2D): Tensor2D {
    return tf.tidy(() => throughNorm(directions, this.parts.finalNorm, { states: residual }));
  }

  attentionOutput(layer: number): Tensor2D {
    return float32Copy(this.#block(layer).attention.output);
  }

  biases(): DecoderBiases {
    const { layers, finalNorm } = this.parts;
    return {
      attention: layers.map(({ attention }) => attention.outputBias),
      mlp: layers.map(({ mlp }) => mlp.outputBias),
      finalNorm: finalNorm.bias,
    };
  }

  positionColumns(positions: ArrayLike<number>): Tensor2D | null {
    const { positions: learned } = this.parts;
    return learned === null ? null : tokenColumns([learned], positions);
  }

  headColumns(tokens: readonly number[]): Tensor2D {
    return headColumns(this.parts.head, tokens);
  }

  logits(hidden: Tensor2D): Tensor2D {
    return linearInParts(this.parts.head, hidden);
  }

  readLogits(hidden: Tensor2D, { kind, of }: LogitsReading): Tensor2D {
    const { head } = this.parts;
    const read = (): readonly [Tensor2D] => {
      let from = 0;
      const all = head.map((part) => {
        const begin = from;
        from += part.shape[0];
        // One part's logits are gone before the next one's are made.
        return tf.tidy(() => of(linear(part, hidden), begin));
      });
      return [tf.tidy(() => concat(all, 0))];
    };
    const weights = tensorsIn(head);
    return weights === null ? read()[0] : inOneCall({ kind, inputs: [hidden, ...weights] }, read)[0];
  }

  get partRows(): readonly number[] {
    return this.parts.head.map(({ shape }) => shape[0]);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    const { embedding, positions, layers, finalNorm, head } = this.parts;
    const ends = [...embedding, ...head, ...(positions === null ? [] : [positions])];
    const all = [...ends, ...layers.flatMap(tensorsOfBlock), ...tensorsOfNorm(finalNorm)];
    for (const matrix of new Set(all)) matrix.dispose();
  }

  /** What enters the first block: embeddings or latents' inputs, and a vector each of their positions where the family has such. */
  #entered(x: Tensor2D, step: Step, hooks: RunHooks): Tensor2D {
    const embedded = visitColumns(x, step, { hooks, layer: null, kind: "hook_embed" });
    const learned = this.positionColumns(step.tokenPositions);
    if (learned === null) return embedded;
    return add(embedded, visitColumns(learned, step, { hooks, layer: null, kind: "hook_pos_embed" }));
  }

  #block(layer: number): BlockWeights {
    const found = this.parts.layers[layer];
    if (found === undefined) throw new RangeError(`No block ${layer}`);
    return found;
  }

  #checkLength(step: Step): void {
    const last = step.tokenPositions.reduce((max, position) => Math.max(max, position), 0);
    if (last >= this.config.maxPositions) {
      throw new UsageError(
        `The sequence reaches position ${last} at ${step.label}, the model has ${this.config.maxPositions}`,
        "shorten the question or lower --max-new-tokens",
      );
    }
  }
}
