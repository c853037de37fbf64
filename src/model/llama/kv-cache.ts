/**
 * Keys and values as immutable, reference-counted segments. Forking shares them: a prefix computed once for a question serves all its
 * branches (compare Hydragen, arXiv 2402.05099, and SGLang's RadixAttention, arXiv 2312.07104).
 */

import { type Tensor4D, tf } from "../tensor/tf.js";

/** Keys and values of one block: `[rows, kvHeads, key, dHead]` each. */
export interface KeyValue {
  readonly k: Tensor4D;
  readonly v: Tensor4D;
}

/** Some consecutive keys of all blocks. Owns its tensors until the last cache that refers to it lets go. */
export class Segment {
  #references = 1;

  /**
   * @param layers one entry a block, kept tensors.
   * @param rows batch rows of the segment.
   * @param length keys a row, padding included.
   * @param valid `[rows * length]`, 0 for padding; null where there is none.
   * @param growable may be copied when a token is appended (short tails), instead of opening a new segment.
   */
  constructor(
    readonly layers: readonly KeyValue[],
    readonly rows: number,
    readonly length: number,
    readonly valid: Uint8Array | null,
    readonly growable: boolean,
  ) {}

  retain(): this {
    this.#references += 1;
    return this;
  }

  release(): void {
    this.#references -= 1;
    if (this.#references === 0) tf.dispose(this.layers.flatMap(({ k, v }) => [k, v]));
  }
}

/** A segment as one cache sees it: cache row r reads segment row `floor(r / fanout)`. */
export interface SegmentView {
  readonly segment: Segment;
  readonly fanout: number;
}

/** The keys and values that a batch of sequences has so far. Immutable; `dispose()` lets go of its segments. */
export class KvCache {
  #disposed = false;

  /** @param views oldest first. The cache takes over one reference to each. */
  constructor(
    readonly rows: number,
    readonly views: readonly SegmentView[],
  ) {}

  /** A cache without keys for `rows` sequences. */
  static empty(rows: number): KvCache {
    return new KvCache(rows, []);
  }

  /** Keys a row, padding included. */
  get length(): number {
    return this.views.reduce((sum, view) => sum + view.segment.length, 0);
  }

  /** Shares everything; costs no tensor. */
  fork(): KvCache {
    return new KvCache(
      this.rows,
      this.views.map(({ segment, fanout }) => ({ segment: segment.retain(), fanout })),
    );
  }

  /**
   * A cache whose row i continues this one's row `order[i]`. Segments whose rows stay together are shared; others are gathered.
   *
   * @param order row numbers of this cache.
   */
  select(order: readonly number[]): KvCache {
    const views = this.views.map(({ segment, fanout }) => {
      const source = order.map((row) => Math.floor(row / fanout));
      const shared = uniformFanout(source, segment.rows);
      return shared === null
        ? { segment: gatherSegment(segment, source), fanout: 1 }
        : { segment: segment.retain(), fanout: shared };
    });
    return new KvCache(order.length, views);
  }

  /** Is the key visible? Padding is not. */
  isValid(row: number, view: SegmentView, key: number): boolean {
    const { valid, length } = view.segment;
    return valid === null || valid[Math.floor(row / view.fanout) * length + key] === 1;
  }

  /** Lets go of the segments; safe to call twice. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const { segment } of this.views) segment.release();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** k when `source` is 0 k times, then 1 k times, … up to `rows - 1`; else null. */
function uniformFanout(source: readonly number[], rows: number): number | null {
  const fanout = source.length / rows;
  if (!Number.isInteger(fanout) || fanout < 1) return null;
  return source.every((row, place) => row === Math.floor(place / fanout)) ? fanout : null;
}

function gatherSegment(segment: Segment, source: readonly number[]): Segment {
  const layers = tf.tidy(() => {
    const index = tf.tensor1d(source as number[], "int32");
    return segment.layers.map(({ k, v }) => ({
      k: tf.keep(tf.gather(k, index, 0)),
      v: tf.keep(tf.gather(v, index, 0)),
    }));
  });
  const { length, valid } = segment;
  let gathered: Uint8Array | null = null;
  if (valid !== null) {
    gathered = new Uint8Array(source.length * length);
    for (const [row, from] of source.entries())
      gathered.set(valid.subarray(from * length, (from + 1) * length), row * length);
  }
  return new Segment(layers, source.length, length, gathered, segment.growable);
}
