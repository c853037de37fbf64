/**
 * Scores of all rows once they have answered. Where a row's own answer begins as its target does, the states are there already; what the
 * target says beyond that is fed on from there, so that nothing is fed twice.
 */

import { tf } from "../../tensor/tf.js";
import { inStretches, stretchLimits } from "../plan/forward-cost.js";
import { partOf } from "../plan/part.js";
import type { Group } from "../plan/row-tree.js";
import type { AnswerBook } from "./answer-book.js";
import { type AnswerRows, feed, joinedRows, keptRows, someRows } from "./answer-rows.js";
import { forcedPass, type TokensOf } from "./forced-pass.js";
import type { HeldStates } from "./held-states.js";
import { type LoopState, outcomeOf } from "./loop.js";
import { piecesOf } from "./pieces.js";
import type { RowTargets } from "./row-targets.js";
import { type RowTarget, Scorer } from "./scorer.js";

/** What is scored from. */
export interface Answered {
  /** States of all predictions so far, borrowed. */
  readonly held: HeldStates;
  readonly targets: RowTargets;
  /** All rows with their answers, borrowed. */
  readonly done: readonly AnswerRows[];
}

/** @param state after the latents, borrowed. Scores go to the rows' outcomes. */
export async function scoreAnswers(book: AnswerBook, state: LoopState, answered: Answered): Promise<void> {
  const scores = new Scores(book, answered);
  const rows = answered.done.flatMap((part) =>
    part.groups.flatMap((group, place) => scores.rowOf(group, { part, place }) ?? []),
  );
  scores.goOn(rows);
  await scores.read(rows);
  await scores.force(state, rows);
  for (const { group } of rows) scores.keep(group);
}

/** A row that is scored. */
interface ScoredRow {
  readonly group: Group;
  readonly part: AnswerRows;
  readonly place: number;
  readonly target: RowTarget;
  /** Tokens of the target that are the row's own and have been fed. */
  readonly kept: number;
  /** Predictions of target tokens that are the row's own. */
  readonly same: number;
  /** The target is fed from EOT on: what was read while it answered is not what is scored. */
  readonly isForced: boolean;
}

/** One prediction that is read. */
interface ReadCell {
  readonly id: number;
  readonly index: number;
}

class Scores {
  readonly #scorer: Scorer;

  constructor(
    readonly book: AnswerBook,
    readonly answered: Answered,
  ) {
    const { head, options } = book.run;
    this.#scorer = new Scorer(head, answered.held, options.scoreFirstToken);
  }

  /** @returns null for a row that is not scored. */
  rowOf(group: Group, { part, place }: Pick<ScoredRow, "part" | "place">): ScoredRow | null {
    const { targets } = this.answered;
    const { run } = this.book;
    const { lead } = group;
    const { ids, failure } = this.book.of(group);
    const target = targets.withClean(lead, targets.of(lead));
    if (target === null || failure !== null) return null;
    let same = 0;
    while (same < ids.length && ids[same] === target.ids[same]) same += 1;
    return {
      ...{ group, part, place, target, same },
      kept: Math.min(same, target.ids.length - 1, part.columns[place]?.length ?? 0),
      isForced: run.plan.plainRows.has(lead) || run.options.hooks.writesOn("hook_logits", lead),
    };
  }

  /** Feeds the rest of each target after what the row said of it. */
  goOn(rows: readonly ScoredRow[]): void {
    const { run } = this.book;
    const open = rows
      .filter(({ isForced, kept, target }) => !isForced && kept < target.ids.length - 1)
      .sort((a, b) => restOf(a).length - restOf(b).length || a.group.lead - b.group.lead);
    const limits = stretchLimits(run.model.decoder.config, run.options.mostCells);
    for (const some of inStretches(open, (row) => restOf(row).length, limits)) this.#feed(some);
  }

  #feed(rows: readonly ScoredRow[]): void {
    const { held, done } = this.answered;
    const parts = done.map((part) => ({
      part,
      own: rows.filter((row) => row.part === part).sort((a, b) => a.place - b.place),
    }));
    const chosen = parts.filter(({ own }) => own.length > 0);
    const joined = joinedRows(
      chosen.map(({ part, own }) => {
        const places = own.map(({ place }) => place);
        return keptRows(
          someRows(part, places),
          own.map(({ kept }) => kept),
        );
      }),
    );
    const tokens = chosen.flatMap(({ own }) => own.map(restOf));
    const fed = feed(this.book.run, joined, { tokens, label: "score", counts: false });
    try {
      held.hold(
        fed.hidden,
        fed.cells.map(({ place, index, cell }) => ({ row: joined.groups[place]?.lead ?? -1, index, cell })),
      );
    } finally {
      fed.rows.cache.dispose();
      fed.hidden.dispose();
    }
  }

  /** Reads what is wanted of the states. */
  async read(rows: readonly ScoredRow[]): Promise<void> {
    const { head } = this.book.run;
    const own = rows.filter(({ isForced }) => !isForced);
    const targets = new Map(own.map(({ group, target }) => [group.lead, target]));
    const cells = own.flatMap((row) => this.#cellsOf(row));
    for (let from = 0; from < cells.length; from += head.pieceCells) {
      const some = cells.slice(from, from + head.pieceCells);
      const logits = tf.tidy(() =>
        head.plain(this.answered.held.of(some.map(({ id, index }) => ({ row: id, index })))),
      );
      try {
        const tops = await head.topOf(logits, 1);
        const scored = some.map((cell, i) => ({ ...cell, logSumExp: tops[i]?.logSumExp ?? Number.NaN }));
        await this.#scorer.add(logits, scored, (id) => targets.get(id) ?? null);
      } finally {
        logits.dispose();
      }
    }
  }

  /** Predictions whose logits are needed; what the row said itself is known. */
  #cellsOf({ group, target, same }: ScoredRow): ReadCell[] {
    const { ids, from, other, cleanRow } = target;
    const id = group.lead;
    const isClean = id === cleanRow;
    if (isClean) this.#scorer.isReference(id);
    const { tops } = this.book.of(group);
    const cells: ReadCell[] = !isClean && this.#scorer.atFirst && from > 0 ? [{ id, index: 0 }] : [];
    for (let index = from; index < ids.length; index++) {
      const isRead = (index === from && !isClean) || (index === ids.length - 1 && other !== undefined);
      if (isRead || index >= same) cells.push({ id, index });
      else this.#scorer.addLogProb(id, (tops[index]?.logits[0] ?? Number.NaN) - (tops[index]?.logSumExp ?? Number.NaN));
    }
    return cells;
  }

  /** Feeds whole targets to rows that must see them from EOT on. */
  async force(state: LoopState, rows: readonly ScoredRow[]): Promise<void> {
    const { run } = this.book;
    const forced = new Map(rows.filter(({ isForced }) => isForced).map((row) => [row.group.lead, row.target]));
    if (forced.size === 0) return;
    const tokensOf: TokensOf = (id) => forced.get(id)?.ids ?? [];
    for (const piece of piecesOf(
      partOf(state.groups, (id) => forced.has(id)),
      run,
      tokensOf,
    )) {
      const pass = forcedPass(run, state.cache.select(piece.order), { part: piece, tokensOf, counts: false });
      const { hidden, step, cells, groups } = pass;
      const columns = cells.map(({ cell }) => cell);
      try {
        await run.head.read({ hidden, step, cells: columns }, async (logits, from) => {
          const tops = await run.head.topOf(logits, 1);
          const scored = tops.map(({ logSumExp }, i) => {
            const cell = cells[from + i];
            return { id: groups[cell?.place ?? -1]?.lead ?? -1, index: cell?.index ?? 0, logSumExp };
          });
          await this.#scorer.add(logits, scored, (id) => forced.get(id) ?? null);
        });
      } finally {
        pass.dispose();
      }
    }
  }

  /** Gives all rows of a group what was scored. */
  keep({ lead, rows }: Group): void {
    const score = this.#scorer.scoreOf(lead);
    for (const id of rows) outcomeOf(this.book.run, id).score = score;
  }
}

/** What is fed of the target after the row's own tokens; the last token is only predicted. */
function restOf({ target, kept }: ScoredRow): readonly number[] {
  return target.ids.slice(kept, -1);
}
