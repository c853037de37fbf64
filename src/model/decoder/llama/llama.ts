/** LLaMA: embeddings, blocks, final norm and head, over a cache that can be forked. */

import { UsageError } from "../../../base/errors.js";
import type { RunHooks } from "../../hooks/run-hooks.js";
import type { Step } from "../../hooks/step.js";
import { concat, gather, linear, multiply, reshape, rmsNormalize, transpose } from "../../tensor/ops.js";
import { type Tensor2D, type Tensor4D, tf } from "../../tensor/tf.js";
import type { Ascent } from "../ascent.js";
import { visitColumns } from "../columns.js";
import { foldOf } from "../folds.js";
import { ENTRY, finalHeight, insideHeight, outputHeight } from "../heights.js";
import { type KeyValue, KvCache, Segment, type SegmentView } from "../kv-cache.js";
import { identity, type RowMap } from "../row-map.js";
import type { KeyBlock } from "./attention.js";
import { block } from "./block.js";
import type { LlamaConfig } from "./config.js";
import { inverseFrequencies, type Rotation, rotationAt } from "./rope.js";
import { disposeLlama, type LlamaWeights } from "./weights.js";

// Finite, so that a wholly masked row cannot give NaN; exp() of it is exactly 0 in float32.
const MASKED = -1e30;
// A tail longer than this opens a new segment instead of being copied at each token.
const TAIL_LIMIT = 64;

/** What a forward returns; both are owned by the caller. */
export interface ForwardResult {
  /** After the final norm, `[dModel, cells]` of the rows that came out. */
  readonly hidden: Tensor2D;
  /** The cache of those rows with this forward's keys; the one passed in stays valid. */
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

  /** @param ids a token id a cell. @returns `[dModel, cells]`, owned by the caller. */
  embed(ids: readonly number[]): Tensor2D {
    return tf.tidy(() => {
      const rows = gatherTokens(this.weights.embedTokens, ids);
      return ids.length === 1 ? reshape(rows, [this.config.dModel, 1]) : transpose(rows, [1, 0]);
    });
  }

  /**
   * Runs the blocks over `x` and the cache.
   *
   * @param x `[dModel, cells]` of the ascent's first rows, borrowed.
   * @param cache keys and values of those rows so far, borrowed.
   * @param ascent padding lies on the right of a row's tokens; that of earlier forwards stays masked.
   * @throws UsageError when a position lies beyond the model's length.
   */
  forward(x: Tensor2D, cache: KvCache, ascent: Ascent, hooks: RunHooks): ForwardResult {
    this.#checkLength(ascent.step);
    const { config, weights } = this;
    const keys = new KeyBook(cache, ascent);
    try {
      const hidden = tf.tidy(() => {
        const frames = new FrameBook(cache, ascent, this.#frequencies);
        let residual = visitColumns(hooks, { layer: null, kind: "hook_embed" }, ascent.climb(ENTRY, x), ascent.step);
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
          residual = visitColumns(hooks, { layer, kind: "hook_resid_post" }, residual, ascent.step);
        }
        residual = ascent.climb(finalHeight(config.layers), residual);
        const normalized = visitColumns(
          hooks,
          { layer: null, kind: "ln_final.hook_normalized" },
          rmsNormalize(residual, config.rmsNormEps),
          ascent.step,
        );
        return multiply(normalized, weights.norm);
      });
      return { hidden, cache: keys.finish() };
    } catch (error) {
      keys.drop();
      throw error;
    }
  }

  /** Logits of every vocabulary row. @param hidden `[dModel, cells]`. @returns `[vocab, cells]`, owned by the caller. */
  logits(hidden: Tensor2D): Tensor2D {
    const [first, ...others] = this.weights.lmHead;
    if (first === undefined) throw new RangeError("A model without a head");
    if (others.length === 0) return linear(first, hidden);
    return tf.tidy(() =>
      concat(
        this.weights.lmHead.map((part) => linear(part, hidden)),
        0,
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

/** Keys and values of one forward: collects the new ones block by block, and says what each block attends to. */
class KeyBook {
  readonly #entries: KeyValue[] = [];
  /** Level at which each block's keys were made. */
  readonly #levels: number[] = [];
  readonly #tail: SegmentView | undefined;
  readonly #maps = new Map<string, RowMap>();

  constructor(
    readonly cache: KvCache,
    readonly ascent: Ascent,
  ) {
    const last = cache.views.at(-1);
    const growable = ascent.levels.length === 1 && cache.views.length > 1 && last?.own === true;
    this.#tail = growable && last.segment.length < TAIL_LIMIT ? last : undefined;
  }

  extend(layer: number, entry: KeyValue): KeyBlock[] {
    const { place } = this.ascent;
    const tail = this.#tail?.segment.layers[layer];
    const grown =
      tail === undefined
        ? { k: tf.keep(entry.k), v: tf.keep(entry.v) }
        : { k: tf.keep(concat([tail.k, entry.k], 2)), v: tf.keep(concat([tail.v, entry.v], 2)) };
    this.#entries.push(grown);
    this.#levels.push(place);
    const kept = this.#tail === undefined ? this.cache.views : this.cache.views.slice(0, -1);
    const blocks = kept.map((view): KeyBlock => readBlock(view, layer, this.#mapAt(view.rowOf[layer] ?? [], place)));
    const [rows, , length] = grown.k.shape;
    blocks.push({ ...grown, fold: { rows, fanout: 1, places: null }, length });
    return blocks;
  }

  /** The cache of the rows that came out. */
  finish(): KvCache {
    const { ascent, cache } = this;
    const top = ascent.levels.length - 1;
    const views = cache.viewsFor(ascent.between(0, top));
    if (this.#tail !== undefined) views.pop()?.segment.release();
    const { last } = ascent;
    const maps = new Map(this.#levels.map((level) => [level, ascent.between(level, top)]));
    const length = (this.#tail?.segment.length ?? 0) + last.columns;
    views.push({
      segment: new Segment(this.#entries, length),
      rowOf: this.#levels.map((level) => maps.get(level) ?? []),
      valid: validity(last, this.#tail),
      own: ascent.levels.length === 1,
    });
    return new KvCache(last.rows, views);
  }

  drop(): void {
    for (const { k, v } of this.#entries) tf.dispose([k, v]);
  }

  /** A view's map for the rows of a level; the same array each time, because folds are kept by it. */
  #mapAt(map: RowMap, level: number): RowMap {
    if (level === 0) return map;
    const from = this.#between(level);
    return this.#memo(`${level}|${mapNumber(map)}`, () => from.map((row) => map[row] ?? 0));
  }

  #between(level: number): RowMap {
    return this.#memo(`${level}`, () => this.ascent.between(0, level));
  }

  #memo(key: string, make: () => RowMap): RowMap {
    const made = this.#maps.get(key) ?? make();
    this.#maps.set(key, made);
    return made;
  }
}

const mapNumbers = new WeakMap<RowMap, number>();
let mapCount = 0;

function mapNumber(map: RowMap): number {
  const number = mapNumbers.get(map) ?? mapCount++;
  mapNumbers.set(map, number);
  return number;
}

function readBlock({ segment }: SegmentView, layer: number, map: RowMap): KeyBlock {
  const entry = segment.layers[layer];
  if (entry === undefined) throw new RangeError(`A segment without block ${layer}`);
  const fold = foldOf(map, entry.k.shape[0]);
  if (fold !== null) return { ...entry, fold, length: segment.length };
  const [k, v] = [gather(entry.k, map, 0), gather(entry.v, map, 0)];
  return { k, v, fold: { rows: map.length, fanout: 1, places: null }, length: segment.length };
}

function validity(step: Step, tail: SegmentView | undefined): Uint8Array | null {
  const padded = step.positions.some((cells) => cells.some((cell) => cell === null));
  if (tail?.valid == null && !padded) return null;
  const before = tail?.segment.length ?? 0;
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
      rotation: rotationAt(step.ropePositions, step.rows, this.frequencies),
      mask: maskFor(this.cache, rows, step),
    };
    this.#frames.set(place, frame);
    return frame;
  }
}

/** Additive mask `[batch, 1, query, key]`: no padding, no future; null where every key is visible to every query. */
function maskFor(cache: KvCache, rows: RowMap, step: Step): Tensor4D | null {
  if (step.columns === 1 && cache.views.every(({ valid }) => valid === null)) return null;
  const past = cache.length;
  const keys = past + step.columns;
  const bias = new Float32Array(step.rows * step.columns * keys);
  for (let row = 0; row < step.rows; row++) {
    const hidden = hiddenKeys(cache, rows[row] ?? 0);
    for (let query = 0; query < step.columns; query++) {
      const base = (row * step.columns + query) * keys;
      for (const key of hidden) bias[base + key] = MASKED;
      bias.fill(MASKED, base + past + query + 1, base + keys);
    }
  }
  return tf.tensor4d(bias, [step.rows, 1, step.columns, keys]);
}

/** Keys of the past that a row of the cache does not see. */
function hiddenKeys(cache: KvCache, row: number): number[] {
  const hidden: number[] = [];
  let at = 0;
  for (const { segment, valid } of cache.views) {
    for (let key = 0; valid !== null && key < segment.length; key++)
      if (valid[row * segment.length + key] === 0) hidden.push(at + key);
    at += segment.length;
  }
  return hidden;
}
