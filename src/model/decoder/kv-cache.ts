/**
 * Keys and values as immutable, reference-counted segments. A fork shares them: each row of a cache says which row of each segment it
 * reads, so that a branch copies nothing (compare Hydragen, arXiv 2402.05099, and SGLang's RadixAttention, arXiv 2312.07104).
 */

import { concat, gather } from "../tensor/ops.js";
import { type Tensor4D, tf } from "../tensor/tf.js";
import { identity, isIdentity, type RowMap } from "./row-map.js";

/** Keys and values of one block: `[rows, kvHeads, key, dHead]` each. */
export interface KeyValue {
  readonly k: Tensor4D;
  readonly v: Tensor4D;
}

/** Some consecutive keys of all blocks; a block may have fewer rows than a later one. Owns its tensors until the last cache lets go. */
export class Segment {
  #references = 1;

  /**
   * @param layers one entry a block, kept tensors.
   * @param length keys a row, padding included.
   */
  constructor(
    readonly layers: readonly KeyValue[],
    readonly length: number,
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

/** A segment as one cache sees it. */
export interface SegmentView {
  readonly segment: Segment;
  /** By block: cache row → row of the segment. Equal maps are the same array. */
  readonly rowOf: readonly RowMap[];
  /** `[cache rows * length]`, 0 where the key is not to be seen; null where all are. */
  readonly valid: Uint8Array | null;
  /** Is each row the segment's own, in order, in every block? Then tokens may be appended. */
  readonly own: boolean;
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
    return this.select(identity(this.rows));
  }

  /**
   * A cache whose row i continues this one's row `order[i]`. Nothing is copied.
   *
   * @param order row numbers of this cache.
   */
  select(order: RowMap): KvCache {
    return new KvCache(order.length, this.viewsFor(order));
  }

  /** What `select` gives, with one reference more to each segment. */
  viewsFor(order: RowMap): SegmentView[] {
    const same = isIdentity(order, this.rows);
    return this.views.map(({ segment, rowOf, valid, own }) =>
      same
        ? { segment: segment.retain(), rowOf, valid, own }
        : {
            segment: segment.retain(),
            rowOf: composed(rowOf, order),
            valid: picked(valid, segment.length, order),
            own: false,
          },
    );
  }

  /**
   * The same keys with everything after the first segment in one segment of its own, which copies it: once rows no longer fork, fewer
   * products a step are worth more.
   */
  flatten(): KvCache {
    const [prefix, ...tail] = this.views;
    if (prefix === undefined || tail.length < 2) return this.fork();
    const layers = prefix.rowOf.map((_, layer): KeyValue => {
      const own = (which: "k" | "v"): Tensor4D =>
        tf.tidy(() =>
          tf.keep(
            concat(
              tail.map((view) => rowsOf(view, layer, which)),
              2,
            ),
          ),
        );
      return { k: own("k"), v: own("v") };
    });
    const length = tail.reduce((total, { segment }) => total + segment.length, 0);
    const row = identity(this.rows);
    const flat: SegmentView = {
      segment: new Segment(layers, length),
      rowOf: layers.map(() => row),
      valid: joinedValidity(tail, this.rows),
      own: true,
    };
    return new KvCache(this.rows, [{ ...prefix, segment: prefix.segment.retain() }, flat]);
  }

  /** Of the last `width` keys, row r sees only the first `kept[r]` from now on. */
  truncated(width: number, kept: readonly number[]): KvCache {
    const views = this.viewsFor(identity(this.rows));
    const last = views.at(-1);
    if (last === undefined || kept.every((count) => count === width)) return new KvCache(this.rows, views);
    const { length } = last.segment;
    const valid = last.valid?.slice() ?? new Uint8Array(this.rows * length).fill(1);
    for (const [row, count] of kept.entries()) valid.fill(0, (row + 1) * length - width + count, (row + 1) * length);
    return new KvCache(this.rows, [...views.slice(0, -1), { ...last, valid }]);
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

/** `map[order[i]]` for each block; blocks with equal maps stay equal. */
function composed(maps: readonly RowMap[], order: RowMap): RowMap[] {
  const done = new Map<RowMap, RowMap>();
  return maps.map((map) => {
    const known = done.get(map) ?? order.map((row) => map[row] ?? 0);
    done.set(map, known);
    return known;
  });
}

function picked(valid: Uint8Array | null, length: number, order: RowMap): Uint8Array | null {
  if (valid === null) return null;
  const chosen = new Uint8Array(order.length * length);
  for (const [place, row] of order.entries())
    chosen.set(valid.subarray(row * length, (row + 1) * length), place * length);
  return chosen.includes(0) ? chosen : null;
}

function rowsOf({ segment, rowOf }: SegmentView, layer: number, which: "k" | "v"): Tensor4D {
  const tensor = segment.layers[layer]?.[which];
  if (tensor === undefined) throw new RangeError(`A segment without block ${layer}`);
  const map = rowOf[layer] ?? [];
  return isIdentity(map, tensor.shape[0]) ? tensor : gather(tensor, map, 0);
}

function joinedValidity(views: readonly SegmentView[], rows: number): Uint8Array | null {
  if (views.every(({ valid }) => valid === null)) return null;
  const length = views.reduce((total, { segment }) => total + segment.length, 0);
  const joined = new Uint8Array(rows * length).fill(1);
  let at = 0;
  for (const { segment, valid } of views) {
    for (let row = 0; valid !== null && row < rows; row++)
      joined.set(valid.subarray(row * segment.length, (row + 1) * segment.length), row * length + at);
    at += segment.length;
  }
  return joined;
}
