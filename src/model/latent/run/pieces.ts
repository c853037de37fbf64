/** How the rows of a state are cut into passes that fit the memory. */

import type { Part } from "../plan/part.js";
import { type Group, groupOf } from "../plan/row-tree.js";
import type { TokensOf } from "./forced-pass.js";
import type { LoopRun } from "./loop.js";

/** A part that goes through one pass of the answer stage. */
export interface Piece extends Part {
  /** Rows that come out of that pass. */
  readonly rows: number;
}

/**
 * Cuts a part where its rows are too many for one pass of the answer stage; what is still one row there stays together.
 *
 * @param tokensOf what each row is given after EOT.
 * @returns none for a part without rows.
 */
export function piecesOf({ groups, order }: Part, { plan, model, options }: LoopRun, tokensOf: TokensOf): Piece[] {
  const { tree } = plan;
  const longest = groups.reduce(
    (most, { rows }) => rows.reduce((own, id) => Math.max(own, tokensOf(id).length), most),
    1,
  );
  const most = Math.max(1, Math.floor(options.mostCells / (model.eotTokens + longest - 1)));
  const units = groups.flatMap((group, place) => {
    const rows = tree.levels(tree.answerStage, [group]).at(-1)?.groups ?? [];
    return chunks(rows, most).map((some) => ({
      group: groupOf(some.flatMap((each) => each.rows)),
      from: order[place] ?? 0,
      rows: some.length,
    }));
  });
  const total = units.reduce((sum, { rows }) => sum + rows, 0);
  // As even as they can be: a small last one would cost nearly as much as a full one.
  const each = Math.ceil(total / Math.ceil(total / most));
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
