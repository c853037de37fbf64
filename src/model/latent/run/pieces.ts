/** Some rows of a state, and how they are cut into passes that fit the memory. */

import type { RowMap } from "../../decoder/row-map.js";
import type { Group, RowTree } from "../plan/row-tree.js";

/** Some rows of a state: their groups, and where each group stands in it. */
export interface Part {
  readonly groups: readonly Group[];
  readonly order: RowMap;
}

/** A part that goes through one pass of the answer stage. */
export interface Piece extends Part {
  /** Rows that come out of that pass. */
  readonly rows: number;
}

/** @param groups of every place of a state; those without rows are left out. */
export function partOf(groups: readonly Group[]): Part {
  const order = groups.flatMap((group, place) => (group.length === 0 ? [] : [place]));
  return { groups: order.map((place) => groups[place] ?? []), order };
}

/**
 * Cuts a part where its rows are too many for one pass of the answer stage; what is still one row there stays together.
 *
 * @param most rows of one pass, at least 1 is taken.
 * @returns none for a part without rows.
 */
export function piecesOf({ groups, order }: Part, tree: RowTree, most: number): Piece[] {
  const units = groups.flatMap((group, place) => {
    const rows = tree.levels(tree.answerStage, [group]).at(-1)?.groups ?? [];
    return chunks(rows, Math.max(1, most)).map((some) => ({
      group: some.flat(),
      from: order[place] ?? 0,
      rows: some.length,
    }));
  });
  const total = units.reduce((sum, { rows }) => sum + rows, 0);
  // As even as they can be: a small last one would cost nearly as much as a full one.
  const each = Math.ceil(total / Math.ceil(total / Math.max(1, most)));
  const pieces: { groups: Group[]; order: number[]; rows: number }[] = [];
  for (const { group, from, rows } of units) {
    let piece = pieces.at(-1);
    if (piece === undefined || piece.rows + rows > each) {
      piece = { groups: [], order: [], rows: 0 };
      pieces.push(piece);
    }
    piece.groups.push(group);
    piece.order.push(from);
    piece.rows += rows;
  }
  return pieces;
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, i) => items.slice(i * size, (i + 1) * size));
}
