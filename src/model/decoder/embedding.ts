/** Embedding and head, each a matrix of one row a token that may be kept in parts. */

import { type Matrix, rowsInFloat32 } from "../tensor/held-matrix.js";
import { concat, gather, reshape, transpose } from "../tensor/ops.js";
import { type Tensor2D, tf } from "../tensor/tf.js";

/** Rows of tokens as columns, `[dModel, cells]`, owned by the caller. @param parts `[some rows, dModel]` each, in the order of the ids. */
export function tokenColumns(parts: readonly Matrix[], ids: ArrayLike<number>): Tensor2D {
  return tf.tidy(() => {
    const rows = gatherTokens(parts, ids);
    return ids.length === 1 ? reshape(rows, [rows.shape[1], 1]) : transpose(rows, [1, 0]);
  });
}

/** A few rows of the head as columns, `[dModel, tokens]`, owned by the caller. @throws RangeError for a token that is not in the head. */
export function headColumns(parts: readonly Matrix[], tokens: readonly number[]): Tensor2D {
  return tf.tidy(() =>
    transpose(
      concat(
        tokens.map((token) => rowOfParts(parts, token)),
        0,
      ),
      [1, 0],
    ),
  );
}

/** One row of a matrix that is kept in parts, `[1, width]`. */
function rowOfParts(parts: readonly Matrix[], row: number): Tensor2D {
  let at = row;
  for (const part of parts) {
    if (at < part.shape[0]) return rowsInFloat32(part, [at]);
    at -= part.shape[0];
  }
  throw new RangeError(`Token ${row} is not in the head`);
}

/** Rows of an embedding that is kept in parts, `[cells, dModel]`. */
function gatherTokens(parts: readonly Matrix[], ids: ArrayLike<number>): Tensor2D {
  const found: Tensor2D[] = [];
  const places: number[] = [];
  const all = Array.from(ids);
  let first = 0;
  for (const part of parts) {
    const size = part.shape[0];
    const own = all.flatMap((id, place) => (id >= first && id < first + size ? [place] : []));
    if (own.length > 0) {
      const begin = first;
      found.push(
        rowsInFloat32(
          part,
          own.map((place) => (all[place] ?? 0) - begin),
        ),
      );
      places.push(...own);
    }
    first += size;
  }
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  const order = new Int32Array(all.length);
  for (const [row, place] of places.entries()) order[place] = row;
  return gather(concat(found, 0), order, 0);
}
