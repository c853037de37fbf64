/** What each row is scored on. */

import type { AnswerBook } from "./answer-book.js";
import type { ScoreTarget } from "./scorer.js";

/** The targets of a run, each made once for its question. */
export class RowTargets {
  readonly #byQuestion = new Map<number, ScoreTarget | null>();

  constructor(readonly book: AnswerBook) {}

  /** @returns null where nothing is scored, and as long as the question's clean row has no answer. */
  of(id: number): ScoreTarget | null {
    const { plan, options } = this.book.run;
    const clean = this.book.cleanAnswer(id);
    const question = plan.rows[id]?.question;
    if (options.targetOf === null || clean.length === 0 || question === undefined) return null;
    const known = this.#byQuestion.get(question) ?? options.targetOf(question, clean);
    this.#byQuestion.set(question, known);
    return known;
  }

  /** The same with the clean row that KL is measured from. */
  withClean(id: number, target: ScoreTarget | null): (ScoreTarget & { readonly cleanRow: number }) | null {
    const cleanRow = this.book.cleanRowOf(id);
    return target === null || cleanRow === null ? null : { ...target, cleanRow };
  }

  /** The token of an answer that begins its number, as far as the run reads numbers; else its middle. */
  numberIn(id: number, answer: readonly number[]): number {
    const { plan, options } = this.book.run;
    const question = plan.rows[id]?.question;
    const target = question === undefined || answer.length === 0 ? null : options.targetOf?.(question, answer);
    return target?.from ?? Math.floor(answer.length / 2);
  }
}
