/** LLaMA: embeddings, blocks, final norm and head, over a cache that can be forked. */

import { UsageError } from "../../../base/errors.js";
import type { RunHooks } from "../../hooks/run-hooks.js";
import type { Step } from "../../hooks/step.js";
import { linearInParts } from "../../tensor/linear.js";
import { concat, gather, multiply, reshape, rmsNormalize, rmsScale, transpose } from "../../tensor/ops.js";
import { type Tensor2D, type Tensor4D, tf } from "../../tensor/tf.js";
import type { Ascent } from "../ascent.js";
import { visitColumns } from "../columns.js";
import type { Decoder, ForwardResult } from "../decoder.js";
import { ENTRY, finalHeight, insideHeight, outputHeight } from "../heights.js";
import { type KeyBlock, KeyBook } from "../key-book.js";
import type { KeyValue, KvCache } from "../kv-cache.js";
import { maskFor } from "../mask.js";
import { identity } from "../row-map.js";
import { block } from "./block.js";
import type { LlamaConfig } from "./config.js";
import { inverseFrequencies, type Rotation, rotationAt } from "./rope.js";
import { disposeLlama, type LlamaWeights } from "./weights.js";

/** LLaMA. Owns its weights. */
export class Llama implements Decoder {
  readonly #frequencies: Float32Array;
  #disposed = false;

  constructor(
    readonly config: LlamaConfig,
    readonly weights: LlamaWeights,
  ) {
    this.#frequencies = inverseFrequencies(config);
  }

  embed(ids: readonly number[]): Tensor2D {
    return tf.tidy(() => {
      const rows = gatherTokens(this.weights.embedTokens, ids);
      return ids.length === 1 ? reshape(rows, [this.config.dModel, 1]) : transpose(rows, [1, 0]);
    });
  }

  forward(
    x: Tensor2D,
    cache: KvCache,
    { ascent, hooks }: { readonly ascent: Ascent; readonly hooks: RunHooks },
  ): ForwardResult {
    this.#checkLength(ascent.step);
    const { config, weights } = this;
    const keys = new KeyBook(cache, ascent);
    try {
      const hidden = tf.tidy(() => {
        const frames = new FrameBook(cache, ascent, this.#frequencies);
        let residual = visitColumns(ascent.climb(ENTRY, x), ascent.step, { hooks, layer: null, kind: "hook_embed" });
        for (const [layer, blockWeights] of weights.layers.entries()) {
          residual = ascent.climb(insideHeight(layer), residual);
          const { step } = ascent;
          const extend = (entry: KeyValue): readonly KeyBlock[] => keys.extend(layer, entry);
          const frame = frames.current();
          // What passes inside a block is freed with it, and its memory is the next one's.
          const output = tf.tidy(() =>
            block(residual, { config, layer, weights: blockWeights, ...frame, hooks, step, extend }),
          );
          residual = ascent.climb(outputHeight(layer), output);
          residual = visitColumns(residual, ascent.step, { hooks, layer, kind: "hook_resid_post" });
        }
        residual = ascent.climb(finalHeight(config.layers), residual);
        const normalized = visitColumns(rmsNormalize(residual, config.rmsNormEps), ascent.step, {
          hooks,
          layer: null,
          kind: "ln_final.hook_normalized",
        });
        return multiply(normalized, weights.norm);
      });
      return { hidden, cache: keys.finish() };
    } catch (error) {
      keys.drop();
      throw error;
    }
  }

  finalNorm(residual: Tensor2D): Tensor2D {
    return tf.tidy(() => multiply(rmsNormalize(residual, this.config.rmsNormEps), this.weights.norm));
  }

  throughFinalNorm(directions: Tensor2D, residual: Tensor2D): Tensor2D {
    return tf.tidy(() => multiply(multiply(directions, this.weights.norm), rmsScale(residual, this.config.rmsNormEps)));
  }

  attentionOutput(layer: number): Tensor2D {
    const block = this.weights.layers[layer];
    if (block === undefined) throw new RangeError(`No block ${layer}`);
    return block.oProj;
  }

  headColumns(tokens: readonly number[]): Tensor2D {
    return tf.tidy(() =>
      transpose(
        concat(
          tokens.map((token) => rowOfParts(this.weights.lmHead, token)),
          0,
        ),
        [1, 0],
      ),
    );
  }

  logits(hidden: Tensor2D): Tensor2D {
    return linearInParts(this.weights.lmHead, hidden);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    disposeLlama(this.weights);
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

/** One row of a matrix that is kept in parts, `[1, width]`. */
function rowOfParts(parts: readonly Tensor2D[], row: number): Tensor2D {
  let at = row;
  for (const part of parts) {
    if (at < part.shape[0]) return gather(part, [at], 0);
    at -= part.shape[0];
  }
  throw new RangeError(`Token ${row} is not in the head`);
}

/** Rows of an embedding that is kept in parts, `[cells, dModel]`. */
function gatherTokens(parts: readonly Tensor2D[], ids: readonly number[]): Tensor2D {
  const found: Tensor2D[] = [];
  const places: number[] = [];
  let first = 0;
  for (const part of parts) {
    const size = part.shape[0];
    const own = ids.flatMap((id, place) => (id >= first && id < first + size ? [place] : []));
    if (own.length > 0) {
      const begin = first;
      found.push(
        gather(
          part,
          own.map((place) => (ids[place] ?? 0) - begin),
          0,
        ),
      );
      places.push(...own);
    }
    first += size;
  }
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  const order = new Int32Array(ids.length);
  for (const [row, place] of places.entries()) order[place] = row;
  return gather(concat(found, 0), order, 0);
}

/** Rotation and mask of each level's rows, made when first needed. Lives inside the forward's `tidy`. */
class FrameBook {
  readonly #frames = new Map<number, { rotation: Rotation; mask: Tensor4D | null }>();

  constructor(
    readonly cache: KvCache,
    readonly ascent: Ascent,
    readonly frequencies: Float32Array,
  ) {}

  current(): { rotation: Rotation; mask: Tensor4D | null } {
    const { place, step } = this.ascent;
    const known = this.#frames.get(place);
    if (known !== undefined) return known;
    const rows = place === 0 ? identity(step.rows) : this.ascent.between(0, place);
    const frame = {
      rotation: rotationAt(step.tokenPositions, step.rows, this.frequencies),
      mask: maskFor(this.cache, rows, step),
    };
    this.#frames.set(place, frame);
    return frame;
  }
}
