/** How batch rows share the rows of a segment: all that read one row of keys become one product with it. */

import { swappedAxes } from "../tensor/formulas.js";
import { gather, reshape } from "../tensor/ops.js";
import type { Tensor4D } from "../tensor/tf.js";
import { isIdentity, type RowMap } from "./row-map.js";

/** A way to lay queries over a segment's rows. */
export interface Fold {
  /** Rows of the segment. */
  readonly rows: number;
  /** Batch rows a segment row serves; where some serve fewer, the rest is padding. */
  readonly fanout: number;
  /** Batch row of each place `[rows * fanout]`, and the place of each batch row; null where they are in order without gaps. */
  readonly places: { readonly rowAt: readonly number[]; readonly placeOf: readonly number[] } | null;
}

const known = new WeakMap<RowMap, Map<number, Fold | null>>();
// Padding beyond this many times the rows costs more than a copy of the keys.
const MOST_PADDING = 3;

/**
 * @param map the segment row that each batch row reads.
 * @param rows rows of the segment.
 * @returns null when the rows are so uneven that keys should be copied instead.
 */
export function foldOf(map: RowMap, rows: number): Fold | null {
  const bySize = known.get(map) ?? new Map<number, Fold | null>();
  known.set(map, bySize);
  const found = bySize.get(rows);
  if (found !== undefined) return found;
  const fold = makeFold(map, rows);
  bySize.set(rows, fold);
  return fold;
}

function makeFold(map: RowMap, rows: number): Fold | null {
  if (isIdentity(map, rows)) return { rows, fanout: 1, places: null };
  const members: number[][] = Array.from({ length: rows }, () => []);
  for (const [row, from] of map.entries()) members[from]?.push(row);
  const fanout = Math.max(...members.map(({ length }) => length));
  if (rows * fanout > MOST_PADDING * map.length) return null;
  const rowAt = members.flatMap((own) => Array.from({ length: fanout }, (_, i) => own[i] ?? 0));
  if (rows * fanout === map.length && isIdentity(rowAt, map.length)) return { rows, fanout, places: null };
  const placeOf = map.map((from, row) => from * fanout + (members[from]?.indexOf(row) ?? 0));
  return { rows, fanout, places: { rowAt, placeOf } };
}

/** `[batch, heads, position, n]` → `[rows, kvHeads, fanout * group * position, n]`: `x` itself where that is its shape. Query heads share their KV head by reshape. */
export function foldRows(x: Tensor4D, { rows, fanout, places }: Fold, kvHeads: number): Tensor4D {
  const [, heads, columns, size] = x.shape;
  const each = (heads / kvHeads) * columns;
  if (fanout === 1 && places === null) return heads === kvHeads ? x : reshape(x, [rows, kvHeads, each, size]);
  const placed = places === null ? x : gather(x, places.rowAt, 0);
  const apart: Tensor4D = reshape(placed, [rows, fanout, kvHeads, each * size]);
  return reshape(swappedAxes(apart), [rows, kvHeads, fanout * each, size]);
}

/** The way back: `[rows, kvHeads, fanout * group * position, n]` → `[batch, heads, position, n]`. */
export function unfoldRows(
  x: Tensor4D,
  { rows, fanout, places }: Fold,
  shape: readonly [number, number, number, number],
): Tensor4D {
  const [, heads, columns, size] = shape;
  const kvHeads = x.shape[1];
  if (fanout === 1 && places === null) return heads === kvHeads ? x : reshape(x, [...shape]);
  const apart: Tensor4D = reshape(x, [rows, kvHeads, fanout, (heads / kvHeads) * columns * size]);
  const placed: Tensor4D = reshape(swappedAxes(apart), [rows * fanout, heads, columns, size]);
  return places === null ? placed : gather(placed, places.placeOf, 0);
}
