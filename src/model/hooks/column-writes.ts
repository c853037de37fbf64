/**
 * Writes into columns `[features, cells]` what is known before the forward: one tensor from the host for all writers of a site, however
 * many they are. Everything else keeps its exact bits: values are picked, nothing is multiplied by a mask.
 */

import { NumericError } from "../../base/errors.js";
import { gather } from "../tensor/ops.js";
import { recorded, unrecorded } from "../tensor/recording.js";
import { replaced } from "../tensor/replaced.js";
import { type Tensor, type Tensor2D, tf } from "../tensor/tf.js";
import { cellsOfPatch, type Patch, type Step } from "./step.js";

/** Values that do not depend on the site's own. */
export interface KnownValues {
  /** All numbers of each cell of a patch, row by row. */
  readonly cells: readonly Float32Array[];
  /** Which of a cell's numbers are written, or null for all of them. */
  readonly places: readonly number[] | null;
}

/** Known values and where they go. */
export interface ColumnWrite {
  readonly patch: Patch;
  readonly known: KnownValues;
  /** Who wrote it and where, for messages. */
  readonly where: () => string;
}

/** Written cells, side by side. */
interface Cells {
  /** Which column each is, ascending. */
  readonly columns: readonly number[];
  /** `[features, cells]`. */
  readonly values: Float32Array;
  /** 1 where a number is written; null where all of them are. */
  readonly isWritten: Uint8Array | null;
}

/** `x` with all writes in their places, later ones over earlier ones. @throws NumericError for values that are not finite. */
export function writtenColumns(
  x: Tensor2D,
  writes: readonly ColumnWrite[],
  { columns }: Pick<Step, "columns">,
): Tensor2D {
  const [width, all] = x.shape;
  const cells = cellsOf(writes, { width, columns });
  const written =
    cells.isWritten === null ? tf.tensor2d(cells.values, [width, cells.columns.length]) : merged(x, cells);
  if (cells.columns.length === all) return written;
  return replaced(x, written, { axis: 1, places: cells.columns });
}

/** Written numbers beside those of the same cells that nobody writes. */
function merged(x: Tensor2D, { columns, values, isWritten }: Cells): Tensor2D {
  const shape: [number, number] = [x.shape[0], columns.length];
  const own = gather(x, columns, 1);
  // Made of the arrays each time: a derivative asks for it after these tensors are freed.
  const picked = (given: Tensor): Tensor2D =>
    tf.where(tf.tensor2d(isWritten as Uint8Array, shape, "bool"), tf.tensor2d(values, shape), given) as Tensor2D;
  return recorded(
    unrecorded(() => picked(own)),
    { op: "function", inputs: [own], of: picked },
  );
}

function cellsOf(
  writes: readonly ColumnWrite[],
  { width, columns }: { readonly width: number; readonly columns: number },
): Cells {
  const written = [...new Set(writes.flatMap(({ patch }) => cellsOfPatch(patch, { columns })))].sort((a, b) => a - b);
  const placeOf = new Map(written.map((column, place) => [column, place]));
  const count = written.length;
  const values = new Float32Array(width * count);
  const isWritten = writes.every(({ known }) => known.places === null) ? null : new Uint8Array(width * count);
  for (const { patch, known, where } of writes) {
    for (const [i, column] of cellsOfPatch(patch, { columns }).entries()) {
      const cell = placeOf.get(column) ?? 0;
      const given = known.cells[i] as Float32Array;
      for (const place of known.places ?? given.keys()) {
        const value = given[place] ?? Number.NaN;
        if (!Number.isFinite(value))
          throw new NumericError(`${where()} wrote NaN or infinity`, "look at the runs that it was read from");
        values[place * count + cell] = value;
        if (isWritten !== null) isWritten[place * count + cell] = 1;
      }
    }
  }
  return { columns: written, values, isWritten };
}
