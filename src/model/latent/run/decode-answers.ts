/**
 * From EOT to the answers: all rows token by token, side by side. Where a question's answer is known beforehand its rows are first given
 * it, several tokens a forward, which gives the same tokens as decoding them one by one.
 */

import { identity } from "../../decoder/row-map.js";
import { mostKeysFor } from "../plan/packing.js";
import { partOf } from "../plan/part.js";
import type { Group } from "../plan/row-tree.js";
import { AnswerBook } from "./answer-book.js";
import { AnswerReader } from "./answer-reader.js";
import { type AnswerRows, feed, freeRows, someRows, splitRows } from "./answer-rows.js";
import { forcedPass } from "./forced-pass.js";
import { HeldStates } from "./held-states.js";
import type { LoopRun, LoopState } from "./loop.js";
import { type Piece, piecesOf } from "./pieces.js";
import { RowTargets } from "./row-targets.js";
import { scoreAnswers } from "./score-answers.js";
import { type DraftOf, verifyAnswers } from "./verify-answers.js";

/** Rows that have finished are left behind once they are this share: those that go on are copied for it. */
const LEFT_BEHIND = 1 / 8;
/** Answer tokens whose keys are kept for scores: a target that agrees for longer is fed again from there. */
const KEPT_TOKENS = 16;

/** Runs all rows of a state to their answers and scores; both go to the run's outcomes. @param state borrowed. */
export async function answerAll(run: LoopRun, state: LoopState): Promise<void> {
  const answers = new Answers(run, state);
  try {
    await answers.run();
  } finally {
    answers.dispose();
  }
}

class Answers {
  readonly #run: LoopRun;
  readonly #state: LoopState;
  readonly #book: AnswerBook;
  readonly #targets: RowTargets;
  readonly #held: HeldStates | null;
  readonly #reader: AnswerReader;
  /** Rows with their answers, as far as scores may go on from them. */
  readonly #done: AnswerRows[] = [];

  constructor(run: LoopRun, state: LoopState) {
    this.#run = run;
    this.#state = state;
    this.#book = new AnswerBook(run);
    this.#targets = new RowTargets(this.#book);
    this.#held = run.options.targetOf === null ? null : new HeldStates();
    this.#reader = new AnswerReader(this.#book, this.#held);
  }

  dispose(): void {
    this.#held?.dispose();
    freeRows(this.#done.splice(0));
  }

  async run(): Promise<void> {
    const known: DraftOf = (id) => this.#book.knownAnswer(id);
    const clean: DraftOf = (id) => this.#book.finishedAnswer(id);
    const { first, others } = this.#pieces();
    for (const piece of first) await this.#answer(piece, known);
    for (const piece of others) await this.#answer(piece, clean);
    if (this.#held !== null)
      await scoreAnswers(this.#book, this.#state, { held: this.#held, targets: this.#targets, done: this.#done });
  }

  /** All rows at once; where they do not fit, the clean ones first, whose answers the others may agree with. */
  #pieces(): { readonly first: Piece[]; readonly others: Piece[] } {
    const { groups } = this.#state;
    const pieces = (wanted: (group: Group) => boolean): Piece[] =>
      piecesOf(
        partOf(groups, (_, group) => wanted(group)),
        this.#run,
        () => [],
      );
    const all = pieces(() => true);
    if (all.length <= 1) return { first: all, others: [] };
    const clean = new Set(this.#run.plan.cleanRows);
    const isClean = ({ rows }: Group): boolean => rows.some((id) => clean.has(id));
    return { first: pieces(isClean), others: pieces((group) => !isClean(group)) };
  }

  async #answer(piece: Piece, draftOf: DraftOf): Promise<void> {
    const rows = await this.#afterEot(piece);
    await this.#decode(
      await verifyAnswers(rows, {
        run: this.#run,
        reader: this.#reader,
        draftOf,
        numberAt: (id) => this.#targets.numberIn(id, draftOf(id)),
      }),
    );
  }

  async #afterEot(piece: Piece): Promise<AnswerRows> {
    const forced = forcedPass(this.#run, this.#state.cache.select(piece.order), {
      part: piece,
      tokensOf: () => [],
      counts: true,
    });
    try {
      await this.#reader.take(forced);
      return { groups: forced.groups, cache: forced.cache.flatten(), width: 0, columns: forced.groups.map(() => []) };
    } finally {
      forced.dispose();
    }
  }

  /** Decodes token by token. Takes the rows over. */
  async #decode(start: AnswerRows): Promise<void> {
    let rows = start;
    try {
      for (;;) {
        const going = identity(rows.groups.length).filter((place) => this.#book.goesOn(rows.groups[place] as Group));
        if (going.length === 0) break;
        rows = this.#withoutFinished(rows, going);
        if (this.#isTooLong(rows)) return await this.#inTurns(rows);
        rows = await this.#next(rows);
      }
      this.#keep(rows, identity(rows.groups.length));
    } finally {
      rows.cache.dispose();
    }
  }

  /** Rows whose answers are long go on in turns: the keys of those that wait do not grow. */
  async #inTurns(rows: AnswerRows): Promise<void> {
    const [some, others] = splitRows(rows, Math.ceil(rows.groups.length / 2));
    try {
      await this.#decode(some);
    } catch (error) {
      others?.cache.dispose();
      throw error;
    }
    if (others !== null) await this.#decode(others);
  }

  #isTooLong({ groups, cache }: AnswerRows): boolean {
    const own = cache.length + 1 - (cache.views[0]?.segment.length ?? 0);
    return groups.length > 1 && groups.length * own > mostKeysFor(this.#run.model.decoder.config);
  }

  /** Rows that have finished stay as far as scores may go on from them. */
  #keep(rows: AnswerRows, places: readonly number[]): void {
    if (this.#held !== null) this.#done.push(someRows(rows, places, KEPT_TOKENS));
  }

  #withoutFinished(rows: AnswerRows, going: readonly number[]): AnswerRows {
    const goes = new Set(going);
    const finished = identity(rows.groups.length).filter((place) => !goes.has(place));
    if (finished.length === 0 || finished.length < LEFT_BEHIND * rows.groups.length) return rows;
    this.#keep(rows, finished);
    const smaller = someRows(rows, going);
    rows.cache.dispose();
    return smaller;
  }

  async #next(rows: AnswerRows): Promise<AnswerRows> {
    const lasts = rows.groups.map((group) => (this.#book.goesOn(group) ? this.#book.of(group).ids.slice(-1) : []));
    const earliest = Math.min(
      ...lasts.flatMap((last, place) => (last.length === 0 ? [] : [rows.columns[place]?.length ?? 0])),
    );
    const fed = feed(this.#run, rows, { tokens: lasts, label: `answer.${earliest}`, counts: true });
    try {
      await this.#reader.take({ ...fed, groups: rows.groups });
      return fed.rows;
    } catch (error) {
      fed.rows.cache.dispose();
      throw error;
    } finally {
      fed.hidden.dispose();
    }
  }
}
