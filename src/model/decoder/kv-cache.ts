/**
 * Keys and values as immutable, reference-counted segments. A fork shares them: each row of a cache says which row of each segment it
 * reads, so that a branch copies nothing (compare Hydragen, arXiv 2402.05099, and SGLang's RadixAttention, arXiv 2312.07104).
 */

import { concat, gather, same, slice } from "../tensor/ops.js";
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
   *
   * @param most keys after the first segment that are kept.
   */
  flatten(most = Number.POSITIVE_INFINITY): KvCache {
    const [prefix, ...tail] = this.views;
    const all = tail.reduce((total, { segment }) => total + segment.length, 0);
    const isFlat = tail.length === 0 || (tail.length === 1 && tail[0]?.own === true);
    if (prefix === undefined || (isFlat && all <= most)) return this.fork();
    const length = Math.min(all, most);
    const layers = prefix.rowOf.map((_, layer): KeyValue => {
      const own = (which: "k" | "v"): Tensor4D =>
        tf.tidy(() => {
          const parts = concat(
            tail.map((view) => rowsOf(view, layer, which)),
            2,
          );
          const [rows, heads, , size] = parts.shape;
          return tf.keep(length < all ? slice(parts, [0, 0, 0, 0], [rows, heads, length, size]) : same(parts));
        });
      return { k: own("k"), v: own("v") };
    });
    const row = identity(this.rows);
    const flat: SegmentView = {
      segment: new Segment(layers, length),
      rowOf: layers.map(() => row),
      valid: firstOf(joinedValidity(tail, this.rows), { rows: this.rows, from: all, to: length }),
      own: true,
    };
    return new KvCache(this.rows, [{ ...prefix, segment: prefix.segment.retain() }, flat]);
  }

  /**
   * The rows of several caches, one below the other. They have as many segments; one that all share stays, the others are copied, the
   * shorter padded on the right.
   */
  static joined(caches: readonly KvCache[]): KvCache {
    const [first] = caches;
    if (first === undefined) throw new RangeError("A cache of no caches");
    if (caches.length === 1) return first.fork();
    const rows = caches.reduce((total, cache) => total + cache.rows, 0);
    return new KvCache(
      rows,
      first.views.map((_, place) => joinedView(caches.map(({ views }) => views[place] as SegmentView))),
    );
  }

  /** Some keys are no longer seen. @param hidden by row, the places of keys in the whole cache. */
  hiding(hidden: readonly (readonly number[])[]): KvCache {
    const views = this.viewsFor(identity(this.rows));
    let begin = 0;
    const shown = views.map((view): SegmentView => {
      const { length } = view.segment;
      const from = begin;
      begin += length;
      const own = hidden.map((keys) => keys.filter((key) => key >= from && key < from + length));
      if (own.every((keys) => keys.length === 0)) return view;
      const valid = view.valid?.slice() ?? new Uint8Array(this.rows * length).fill(1);
      for (const [row, keys] of own.entries()) for (const key of keys) valid[row * length + key - from] = 0;
      return { ...view, valid };
    });
    return new KvCache(this.rows, shown);
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

function joinedView(views: readonly SegmentView[]): SegmentView {
  const segments = views.map(({ segment }) => segment);
  const [first] = segments;
  if (first === undefined) throw new RangeError("A view of no views");
  const length = Math.max(...segments.map((segment) => segment.length));
  const valid = paddedValidity(views, length);
  if (segments.every((segment) => segment === first))
    return { segment: first.retain(), rowOf: below(views, () => 0), valid, own: false };
  const layers = first.layers.map((_, layer): KeyValue => {
    const all = (which: "k" | "v"): Tensor4D =>
      tf.tidy(() =>
        tf.keep(
          concat(
            segments.map((segment) => padded((segment.layers[layer] as KeyValue)[which], length)),
            0,
          ),
        ),
      );
    return { k: all("k"), v: all("v") };
  });
  const rowOf = below(views, (segment, layer) => segment.layers[layer]?.k.shape[0] ?? 0);
  const own = rowOf.every((map, layer) => isIdentity(map, layers[layer]?.k.shape[0] ?? 0));
  return { segment: new Segment(layers, length), rowOf, valid, own };
}

/** The maps of several views one below the other, each moved by the rows of those before it. Equal maps are the same array. */
function below(views: readonly SegmentView[], rowsIn: (segment: Segment, layer: number) => number): RowMap[] {
  const known = new Map<string, RowMap>();
  return (views[0]?.rowOf ?? []).map((_, layer) => {
    let begin = 0;
    const map = views.flatMap(({ segment, rowOf }) => {
      const moved = (rowOf[layer] ?? []).map((row) => row + begin);
      begin += rowsIn(segment, layer);
      return moved;
    });
    const same = known.get(map.join()) ?? map;
    known.set(map.join(), same);
    return same;
  });
}

function padded(x: Tensor4D, length: number): Tensor4D {
  const missing = length - x.shape[2];
  if (missing === 0) return x;
  return concat([x, tf.zeros([x.shape[0], x.shape[1], missing, x.shape[3]])], 2);
}

function paddedValidity(views: readonly SegmentView[], length: number): Uint8Array | null {
  if (views.every(({ segment, valid }) => valid === null && segment.length === length)) return null;
  const rows = views.reduce((total, { rowOf }) => total + (rowOf[0]?.length ?? 0), 0);
  const joined = new Uint8Array(rows * length);
  let row = 0;
  for (const { segment, valid, rowOf } of views)
    for (let own = 0; own < (rowOf[0]?.length ?? 0); own++, row++) {
      const keys = valid?.subarray(own * segment.length, (own + 1) * segment.length);
      if (keys === undefined) joined.fill(1, row * length, row * length + segment.length);
      else joined.set(keys, row * length);
    }
  return joined;
}

/** The first `to` of each row's `from` keys. */
function firstOf(
  valid: Uint8Array | null,
  { rows, from, to }: { readonly rows: number; readonly from: number; readonly to: number },
): Uint8Array | null {
  if (valid === null || from === to) return valid;
  const first = new Uint8Array(rows * to);
  for (let row = 0; row < rows; row++) first.set(valid.subarray(row * from, row * from + to), row * to);
  return first.includes(0) ? first : null;
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
