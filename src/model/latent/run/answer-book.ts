/** The answers of a run as they grow: what each row has answered, and which row others are measured from. */

import type { Group } from "../plan/row-tree.js";
import { type LoopRun, outcomeOf, type RowOutcome } from "./loop.js";
import { nonFinite, type TopTokens } from "./top-tokens.js";

/** Writes to the outcomes of a run. */
export class AnswerBook {
  constructor(readonly run: LoopRun) {}

  /** The outcome that a group shares. */
  of({ lead }: Group): RowOutcome {
    return outcomeOf(this.run, lead);
  }

  /** The row of a row's question that nothing is done to, or null. */
  cleanRowOf(id: number): number | null {
    const question = this.run.plan.rows[id]?.question;
    return question === undefined ? null : (this.run.plan.cleanRows[question] ?? null);
  }

  /** What the clean row of a row's question answered; nothing where it failed or there is none. */
  cleanAnswer(id: number): readonly number[] {
    const clean = this.cleanRowOf(id);
    const outcome = clean === null ? null : outcomeOf(this.run, clean);
    return outcome === null || outcome.failure !== null ? [] : outcome.ids;
  }

  /** The clean answer, for rows that come after it and may agree with it; nothing for those that must be decoded token by token. */
  finishedAnswer(id: number): readonly number[] {
    const { plan, options } = this.run;
    return options.verify && !plan.plainRows.has(id) ? this.cleanAnswer(id) : [];
  }

  /** The clean answer as far as it is known beforehand; nothing where rows must be decoded token by token. */
  knownAnswer(id: number): readonly number[] {
    const { plan, options, model } = this.run;
    const question = plan.rows[id]?.question;
    if (!options.verify || plan.plainRows.size > 0 || question === undefined) return [];
    const known = options.knownAnswer(question).slice(0, options.maxNewTokens);
    const end = known.findIndex((token) => model.protocol.stops(token, model.ids));
    return end < 0 ? known : known.slice(0, end + 1);
  }

  /** Adds a prediction to an answer; null where it was not finite. */
  accept(outcome: RowOutcome, top: TopTokens): number | null {
    const { model } = this.run;
    const index = outcome.ids.length;
    outcome.failure ??= nonFinite(top, index === 0 ? "eot" : `answer.${index - 1}`);
    const [token] = top.ids;
    if (outcome.failure !== null || token === undefined) return null;
    outcome.ids.push(token);
    outcome.tops.push(top);
    if (model.protocol.stops(token, model.ids)) outcome.finish = "eos";
    return token;
  }

  /** Gives all rows of a group the answer of its lead. */
  share({ lead, rows }: Group): void {
    const { ids, tops, finish, failure } = outcomeOf(this.run, lead);
    for (const id of rows) if (id !== lead) Object.assign(outcomeOf(this.run, id), { ids, tops, finish, failure });
  }

  /** Does the answer go on? */
  goesOn(group: Group): boolean {
    const { failure, finish, ids } = this.of(group);
    return failure === null && finish !== "eos" && ids.length < this.run.options.maxNewTokens;
  }
}
