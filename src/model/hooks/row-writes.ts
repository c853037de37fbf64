/** Reads and writes rectangles of a site's tensor `[batch, position, …]`, whatever its axes are. */

import { concat, gather, slice } from "../tensor/ops.js";
import { replaced } from "../tensor/replaced.js";
import type { Tensor } from "../tensor/tf.js";
import type { Patch } from "./step.js";

/** What a writer wants in some cells, not yet written there. */
export interface Replacement {
  readonly values: Tensor;
  readonly patch: Patch;
  /** Who wrote it and where, for messages. */
  readonly where: () => string;
}

/** The cells of a patch. */
export function readPatch(
  x: Tensor,
  patch: Patch,
  { axis, rows }: { readonly axis: 1 | 2; readonly rows: number },
): Tensor {
  const columns = patch.length === x.shape[axis] ? x : sliceAxis(x, axis, { from: patch.begin, length: patch.length });
  return patch.rows.length === rows ? columns : gather(columns, patch.rows, 0);
}

/** Values that are written together: those of each source one below the other. */
export interface Written {
  readonly values: Tensor;
  readonly sources: readonly Replacement[];
}

/** Where values are written, and who looks at them. */
interface Settling {
  readonly axis: 1 | 2;
  readonly rows: number;
  readonly check: (written: Written) => void;
}

/** `x` with replacements of different rows in their places. */
export function settled<T extends Tensor>(
  x: T,
  replacements: readonly Replacement[],
  { axis, rows, check }: Settling,
): T {
  const byColumns = new Map<string, Replacement[]>();
  for (const each of replacements) {
    const key = `${each.patch.begin}+${each.patch.length}`;
    byColumns.set(key, [...(byColumns.get(key) ?? []), each]);
  }
  let value: Tensor = x;
  for (const group of byColumns.values()) {
    const all = concat(
      group.map(({ values }) => values),
      0,
    );
    check({ values: all, sources: group });
    const { begin, length } = (group[0] as Replacement).patch;
    const written = group.flatMap(({ patch }) => patch.rows);
    value = writeRows(value, all, { patch: { rows: written, begin, length }, axis, rows });
  }
  return value as T;
}

/** Where a replacement goes: its rows and cells along an axis, of so many rows. */
interface Spot {
  readonly patch: Patch;
  readonly axis: 1 | 2;
  readonly rows: number;
}

function writeRows(x: Tensor, replacement: Tensor, { patch, axis, rows }: Spot): Tensor {
  const inOrder = patch.rows.length === rows && patch.rows.every((row, place) => row === place);
  const full = inOrder ? replacement : spreadRows(x, replacement, { patch, axis, rows });
  const width = x.shape[axis] ?? 0;
  if (patch.length === width) return full;
  const pieces: Tensor[] = [];
  if (patch.begin > 0) pieces.push(sliceAxis(x, axis, { from: 0, length: patch.begin }));
  pieces.push(full);
  const end = patch.begin + patch.length;
  if (end < width) pieces.push(sliceAxis(x, axis, { from: end, length: width - end }));
  return concat(pieces, axis);
}

function sliceAxis(
  x: Tensor,
  axis: 1 | 2,
  { from, length }: { readonly from: number; readonly length: number },
): Tensor {
  const begin = x.shape.map(() => 0);
  const size = [...x.shape];
  begin[axis] = from;
  size[axis] = length;
  return slice(x, begin, size);
}

function spreadRows(x: Tensor, replacement: Tensor, { patch, axis }: Spot): Tensor {
  const old = sliceAxis(x, axis, { from: patch.begin, length: patch.length });
  return replaced(old, replacement, { axis: 0, places: patch.rows });
}
