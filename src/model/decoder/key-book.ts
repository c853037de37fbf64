/** The keys and values of one forward, and what each block attends to. */

import type { Step } from "../hooks/step.js";
import { gather } from "../tensor/ops.js";
import { tf } from "../tensor/tf.js";
import type { Ascent } from "./ascent.js";
import { type Fold, foldOf } from "./folds.js";
import { type KeyValue, KvCache, Segment, type SegmentView } from "./kv-cache.js";
import type { RowMap } from "./row-map.js";

// A tail longer than this opens a new segment instead of being copied at each token.
const TAIL_LIMIT = 64;

/** One stretch of keys and values as attention reads it. */
export interface KeyBlock extends KeyValue {
  readonly fold: Fold;
  readonly length: number;
}

/** Keys and values that one block reads and adds to. */
export interface BlockKeys {
  /** Those that stay as they are. */
  readonly before: readonly KeyBlock[];
  /** Those that this forward's are appended to; null where they are a stretch of their own. */
  readonly tail: KeyValue | null;
  /** Takes over this forward's, appended to the tail. */
  readonly keep: (grown: KeyValue) => void;
}

/** Keys and values of which each row has its own. */
export function ownBlock(own: KeyValue, rows: number): KeyBlock {
  return { ...own, fold: ownFold(rows), length: own.k.shape[2] };
}

/** Rows that share nothing. */
export function ownFold(rows: number): Fold {
  return { rows, fanout: 1, places: null };
}

/** Keys and values of one forward: collects the new ones block by block, and says what each block attends to. */
export class KeyBook {
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

  /** Once for each block, in their order. */
  of(layer: number): BlockKeys {
    const { place } = this.ascent;
    const kept = this.#tail === undefined ? this.cache.views : this.cache.views.slice(0, -1);
    return {
      before: kept.map((view) => readBlock(view, layer, this.#mapAt(view.rowOf[layer] ?? [], place))),
      tail: this.#tail?.segment.layers[layer] ?? null,
      keep: ({ k, v }) => {
        this.#entries.push({ k: tf.keep(k), v: tf.keep(v) });
        this.#levels.push(place);
      },
    };
  }

  /** Does a block read keys that must be copied first, because rows share them unevenly? */
  copies(layer: number): boolean {
    const { place } = this.ascent;
    return this.cache.views.some(({ segment, rowOf }) => {
      const rows = segment.layers[layer]?.k.shape[0] ?? 0;
      return foldOf(this.#mapAt(rowOf[layer] ?? [], place), rows) === null;
    });
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
  return ownBlock({ k, v }, map.length);
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
