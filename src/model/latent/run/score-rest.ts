/** Scores that no pass of the answers gave: the clean rows' from their own answers, the others' by a pass of their target. */

import { type Part, partOf } from "../plan/answer-parts.js";
import type { AnswerBook } from "./answer-book.js";
import { forcedPass, type TokensOf } from "./forced-pass.js";
import { type LoopState, outcomeOf } from "./loop.js";
import { type Piece, piecesOf } from "./pieces.js";
import { type ForcedScores, readForced } from "./read-forced.js";
import type { RowTargets } from "./row-targets.js";
import { Scorer } from "./scorer.js";

/** @param scorer of the passes before: it holds the clean rows' states. @param state after the latents, borrowed. */
export async function scoreRest(
  book: AnswerBook,
  state: LoopState,
  { targets, scorer }: Pick<ForcedScores, "targets" | "scorer">,
): Promise<void> {
  const { run } = book;
  const { cleanRows, rows } = run.plan;
  for (const row of cleanRows) if (row !== null) await scoreFromOwnAnswer(book, row, { targets, scorer });
  const open = new Set(
    rows.flatMap(({ question }, id) =>
      outcomeOf(run, id).score === null && targets.of(id) !== null ? [question] : [],
    ),
  );
  const isClean = (id: number): boolean => cleanRows.includes(id);
  const isOpen = (id: number): boolean =>
    open.has(rows[id]?.question ?? Number.NaN) && (isClean(id) || outcomeOf(run, id).score === null);
  const pieces = (wanted: (id: number) => boolean): Piece[] =>
    targetPieces(
      book,
      partOf(state.groups, (id) => isOpen(id) && wanted(id)),
      targets,
    );
  const whole = pieces(() => true);
  // KL is measured from the clean rows, so they come first where not all fit at once.
  const ordered = whole.length <= 1 ? whole : [isClean, (id: number) => !isClean(id)].flatMap(pieces);
  const own = new Scorer(run.head, run.options.scoreFirstToken);
  try {
    for (const piece of ordered) await scorePiece(book, state, { piece, scorer: own, targets });
  } finally {
    own.dispose();
  }
}

function tokensOfTargets(targets: RowTargets): TokensOf {
  return (id) => targets.of(id)?.ids ?? [];
}

function targetPieces(book: AnswerBook, part: Part, targets: RowTargets): Piece[] {
  return piecesOf(part, book.run, tokensOfTargets(targets));
}

async function scorePiece(
  book: AnswerBook,
  { cache }: LoopState,
  { piece, ...scores }: Pick<ForcedScores, "targets" | "scorer"> & { readonly piece: Piece },
): Promise<void> {
  const { targets } = scores;
  const given = { tokensOf: tokensOfTargets(targets), counts: false };
  const forced = forcedPass(book.run, cache.select(piece.order), { part: piece, ...given });
  try {
    await readForced(book, forced, { ...scores, targetOf: (id) => targets.of(id) });
  } finally {
    forced.dispose();
  }
}

async function scoreFromOwnAnswer(
  book: AnswerBook,
  row: number,
  { targets, scorer }: Pick<ForcedScores, "targets" | "scorer">,
): Promise<void> {
  const outcome = outcomeOf(book.run, row);
  const target = targets.free(row);
  if (target === null) return;
  const logProb = outcome.tops
    .slice(target.from, target.ids.length)
    .reduce((sum, { logits, logSumExp }) => sum + ((logits[0] ?? Number.NaN) - logSumExp), 0);
  outcome.score = {
    expectedLogProb: Number.isFinite(logProb) ? logProb : null,
    klAtNumber: 0,
    klAtFirst: scorer.atFirst ? 0 : null,
    logitDifference: await scorer.cleanDifference(row, target),
  };
}
