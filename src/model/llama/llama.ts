/** LLaMA: embeddings, blocks, final norm and head, over a cache that can be forked. */

import { UsageError } from "../errors.js";
import type { RunHooks } from "../hooks/run-hooks.js";
import type { Step } from "../hooks/step.js";
import { linear, rmsNormalize } from "../tensor/ops.js";
import { type Tensor, type Tensor2D, type Tensor3D, type Tensor4D, tf } from "../tensor/tf.js";
import type { KeyBlock } from "./attention.js";
import { block } from "./block.js";
import type { LlamaConfig } from "./config.js";
import { type KeyValue, KvCache, Segment } from "./kv-cache.js";
import { inverseFrequencies, rotationAt } from "./rope.js";
import { disposeLlama, type LlamaWeights } from "./weights.js";

// Finite, so that a wholly masked row cannot give NaN; exp() of it is exactly 0 in float32.
const MASKED = -1e30;
// A tail longer than this opens a new segment instead of being copied at each token.
const TAIL_LIMIT = 64;

/** What a forward returns; both are owned by the caller. */
export interface ForwardResult {
  /** After the final norm, `[batch, position, dModel]`. */
  readonly hidden: Tensor3D;
  /** The cache with this forward's keys; the one passed in stays valid. */
  readonly cache: KvCache;
}

/** The language model. Owns its weights. */
export class Llama {
  readonly #frequencies: Float32Array;
  #disposed = false;

  constructor(
    readonly config: LlamaConfig,
    readonly weights: LlamaWeights,
  ) {
    this.#frequencies = inverseFrequencies(config);
  }

  /** @param ids token ids `[batch * position]`. @returns `[batch, position, dModel]`, owned by the caller. */
  embed(ids: readonly number[], batch: number): Tensor3D {
    return tf.tidy(() => {
      const { embedTokens, lmHead } = this.weights;
      const rows =
        embedTokens === null ? gatherColumns(lmHead, ids) : tf.gather(embedTokens, tf.tensor1d([...ids], "int32"), 0);
      return tf.reshape(rows, [batch, ids.length / batch, this.config.dModel]);
    });
  }

  /**
   * Runs the blocks over `x` and the cache.
   *
   * @param x `[batch, position, dModel]`, borrowed.
   * @param cache keys and values so far, borrowed.
   * @param step padding lies on the right of a row's tokens; that of earlier forwards stays masked.
   * @throws UsageError when a position lies beyond the model's length.
   */
  forward(x: Tensor3D, cache: KvCache, step: Step, hooks: RunHooks): ForwardResult {
    this.#checkLength(step);
    const entries: KeyValue[] = [];
    const tail = growableTail(cache);
    const { config, weights } = this;
    try {
      const hidden = tf.tidy(() => {
        const rotation = rotationAt(step.ropePositions, step.rows, this.#frequencies);
        const mask = maskFor(cache, step);
        let residual = hooks.visit(null, "hook_embed", x, step);
        for (const [layer, blockWeights] of weights.layers.entries()) {
          const extend = (entry: KeyValue): readonly KeyBlock[] => {
            const grown = appendTo(tail?.layers[layer], entry);
            entries.push(grown);
            return keyBlocks(cache, layer, tail, grown);
          };
          residual = block(residual, { config, layer, weights: blockWeights, rotation, mask, hooks, step, extend });
        }
        const normalized = hooks.visit(
          null,
          "ln_final.hook_normalized",
          rmsNormalize(residual, config.rmsNormEps) as Tensor3D,
          step,
        );
        return tf.mul(normalized, weights.norm) as Tensor3D;
      });
      return { hidden, cache: extended(cache, tail, entries, step) };
    } catch (error) {
      for (const { k, v } of entries) tf.dispose([k, v]);
      throw error;
    }
  }

  /** Logits of every vocabulary row. @param hidden `[rows, dModel]`. @returns `[rows, vocab]`, owned by the caller. */
  logits(hidden: Tensor2D): Tensor2D {
    const [first, ...others] = this.weights.lmHead;
    if (first === undefined) throw new RangeError("A model without a head");
    if (others.length === 0) return linear(hidden, first) as Tensor2D;
    return tf.tidy(() =>
      tf.concat(
        [first, ...others].map((part) => linear(hidden, part) as Tensor2D),
        1,
      ),
    );
  }

  /** Frees the weights; safe to call twice. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    disposeLlama(this.weights);
  }

  #checkLength(step: Step): void {
    const last = step.ropePositions.reduce((max, position) => Math.max(max, position), 0);
    if (last >= this.config.maxPositions) {
      throw new UsageError(
        `The sequence reaches position ${last} at ${step.label}, the model has ${this.config.maxPositions}`,
        "shorten the question or lower --max-new-tokens",
      );
    }
  }
}

/** Rows of a tied embedding, which is kept once, as the head: a token is a column of one of its parts. */
function gatherColumns(parts: readonly Tensor2D[], ids: readonly number[]): Tensor {
  const found: Tensor2D[] = [];
  const places: number[] = [];
  let first = 0;
  for (const part of parts) {
    const size = part.shape[1];
    const own = ids.flatMap((id, place) => (id >= first && id < first + size ? [place] : []));
    if (own.length > 0) {
      const columns = own.map((place) => (ids[place] ?? 0) - first);
      found.push(tf.transpose(tf.gather(part, tf.tensor1d(columns, "int32"), 1)));
      places.push(...own);
    }
    first += size;
  }
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  const order = new Int32Array(ids.length);
  for (const [row, place] of places.entries()) order[place] = row;
  return tf.gather(tf.concat(found, 0), tf.tensor1d(order, "int32"), 0);
}

function growableTail(cache: KvCache): Segment | undefined {
  const last = cache.views.at(-1);
  return last !== undefined && last.fanout === 1 && last.segment.growable && last.segment.length < TAIL_LIMIT
    ? last.segment
    : undefined;
}

function appendTo(tail: KeyValue | undefined, entry: KeyValue): KeyValue {
  if (tail === undefined) return { k: tf.keep(entry.k), v: tf.keep(entry.v) };
  return { k: tf.keep(tf.concat([tail.k, entry.k], 2)), v: tf.keep(tf.concat([tail.v, entry.v], 2)) };
}

function keyBlocks(cache: KvCache, layer: number, tail: Segment | undefined, grown: KeyValue): KeyBlock[] {
  const kept = tail === undefined ? cache.views : cache.views.slice(0, -1);
  const blocks: KeyBlock[] = [];
  for (const { segment, fanout } of kept) {
    const entry = segment.layers[layer];
    if (entry !== undefined) blocks.push({ ...entry, fanout, length: segment.length });
  }
  blocks.push({ ...grown, fanout: 1, length: grown.k.shape[2] });
  return blocks;
}

function extended(cache: KvCache, tail: Segment | undefined, entries: readonly KeyValue[], step: Step): KvCache {
  const older = tail === undefined ? cache.views : cache.views.slice(0, -1);
  const length = (tail?.length ?? 0) + step.columns;
  const padded = step.positions.some((cells) => cells.some((cell) => cell === null));
  const valid = tail?.valid == null && !padded ? null : joinValid(tail, step);
  const segment = new Segment(entries, step.rows, length, valid, step.columns === 1);
  return new KvCache(step.rows, [
    ...older.map(({ segment: shared, fanout }) => ({ segment: shared.retain(), fanout })),
    { segment, fanout: 1 },
  ]);
}

function joinValid(tail: Segment | undefined, step: Step): Uint8Array {
  const before = tail?.length ?? 0;
  const length = before + step.columns;
  const valid = new Uint8Array(step.rows * length).fill(1);
  for (let row = 0; row < step.rows; row++) {
    if (tail?.valid != null) valid.set(tail.valid.subarray(row * before, (row + 1) * before), row * length);
    for (let column = 0; column < step.columns; column++) {
      if (step.positions[row]?.[column] == null) valid[row * length + before + column] = 0;
    }
  }
  return valid;
}

/** Additive mask `[batch, 1, query, key]`: no padding, no future; null where every key is visible to every query. */
function maskFor(cache: KvCache, step: Step): Tensor4D | null {
  if (step.columns === 1 && cache.views.every(({ segment }) => segment.valid === null)) return null;
  const past = cache.length;
  const keys = past + step.columns;
  const bias = new Float32Array(step.rows * step.columns * keys);
  for (let row = 0; row < step.rows; row++) {
    const visible = pastVisibility(cache, row);
    for (let query = 0; query < step.columns; query++) {
      const base = (row * step.columns + query) * keys;
      for (let key = 0; key < past; key++) if (visible[key] === 0) bias[base + key] = MASKED;
      for (let column = query + 1; column < step.columns; column++) bias[base + past + column] = MASKED;
    }
  }
  return tf.tensor4d(bias, [step.rows, 1, step.columns, keys]);
}

function pastVisibility(cache: KvCache, row: number): Uint8Array {
  const visible = new Uint8Array(cache.length);
  let at = 0;
  for (const view of cache.views) {
    for (let key = 0; key < view.segment.length; key++) visible[at++] = cache.isValid(row, view, key) ? 1 : 0;
  }
  return visible;
}
