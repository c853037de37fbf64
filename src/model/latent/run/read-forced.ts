/** What is read of a pass of given tokens: the best tokens of each prediction, and scores. */

import type { Group } from "../plan/row-tree.js";
import type { AnswerBook } from "./answer-book.js";
import type { ForcedPass } from "./forced-pass.js";
import { outcomeOf } from "./loop.js";
import type { RowTargets } from "./row-targets.js";
import type { Scorer, ScoreTarget } from "./scorer.js";
import { readTop, type TopTokens } from "./top-tokens.js";

/** Predictions by the place of their row. */
export interface PlacedCell {
  readonly place: number;
  readonly index: number;
  readonly cell: number;
}

/** Cells of the clean rows among some, which the others are measured from. */
export function cleanCells(
  book: AnswerBook,
  groups: readonly Group[],
  cells: readonly PlacedCell[],
): { row: number; index: number; cell: number }[] {
  return cells.flatMap(({ place, index, cell }) => {
    const group = groups[place];
    const row = group === undefined ? null : book.cleanRowOf(group.lead);
    return row !== null && group?.rows.includes(row) === true ? [{ row, index, cell }] : [];
  });
}

/** How a forced pass is scored. */
export interface ForcedScores {
  readonly scorer: Scorer;
  readonly targets: RowTargets;
  /** A row's target, or null where the pass does not score it. */
  readonly targetOf: (id: number) => ScoreTarget | null;
}

/** Best tokens of each cell; scores go to the rows' outcomes. @param scores null where nothing is scored. */
export async function readForced(
  book: AnswerBook,
  { cells, groups, hidden, step }: ForcedPass,
  scores: ForcedScores | null,
): Promise<TopTokens[]> {
  scores?.scorer.hold(hidden, cleanCells(book, groups, cells));
  const tops: TopTokens[] = [];
  const columns = cells.map(({ cell }) => cell);
  await book.run.head.read({ hidden, step, cells: columns }, async (logits, from) => {
    const some = await readTop(logits, 2);
    tops.push(...some);
    const scored = cells.slice(from, from + some.length).map(({ place, index }, i) => ({
      id: (groups[place] as Group).lead,
      index,
      logSumExp: some[i]?.logSumExp ?? Number.NaN,
    }));
    await scores?.scorer.add(logits, scored, (id) => scores.targets.withClean(id, scores.targetOf(id)));
  });
  // What a row has already scored stays: a clean row may pass here only so that others are measured from it.
  for (const { lead, rows } of groups)
    for (const id of rows) outcomeOf(book.run, id).score ??= scores?.scorer.scoreOf(lead) ?? null;
  return tops;
}
