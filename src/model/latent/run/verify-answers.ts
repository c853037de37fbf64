/**
 * Checks rows against an expected answer, several tokens in one forward: first up to the answer's number, then the rest. A few rows go
 * first, and the others follow only if those agreed, so that few tokens are wasted.
 */

import { identity } from "../../decoder/row-map.js";
import type { AnswerReader } from "./answer-reader.js";
import { type AnswerRows, feed, freeRows, joinedRows, keptRows, someRows, splitRows } from "./answer-rows.js";
import type { LoopRun } from "./loop.js";

/** Tokens that turn out wrong may be this share of what the run takes without checking, at most. */
const MOST_WASTE = 0.1;
/** All rows are checked once this share of the checked tokens was right. */
const TRUSTED = 0.5;

/** The answer that a row may agree with; nothing where it is decoded token by token. */
export type DraftOf = (id: number) => readonly number[];

/** What is verified with. */
export interface Verifying {
  readonly run: LoopRun;
  readonly reader: AnswerReader;
  readonly draftOf: DraftOf;
  /** Number of the answer token that begins a row's number. */
  readonly numberAt: (id: number) => number;
}

/** Feeds rows after EOT what they are expected to say, as long as they say it. Frees the rows it is given. @returns all of them. */
export async function verifyAnswers(given: AnswerRows, verifying: Verifying): Promise<AnswerRows> {
  const trial = new Trial(verifying);
  const apart: AnswerRows[] = [];
  let rows = given;
  try {
    for (const stage of ["number", "end"] as const) {
      const [open, closed] = parted(rows, (lead) => trial.tokensOf(lead, stage).length > 1);
      if (closed !== null) apart.push(closed);
      if (open === null) return joinedRows(apart);
      const tried = await trial.run(open, stage);
      apart.push(...tried.left);
      if (tried.done.length === 0) return joinedRows(apart);
      rows = joinedRows(tried.done);
    }
    return joinedRows([...apart, rows]);
  } catch (error) {
    freeRows(apart);
    throw error;
  }
}

class Trial {
  #tried = 0;
  #right = 0;
  readonly #counted = new Set<number>();

  constructor(readonly verifying: Verifying) {}

  /** What a row is fed next: its own last token, and those that are tried; nothing where it has left its draft. */
  tokensOf(lead: number, stage: "number" | "end"): readonly number[] {
    const { reader, draftOf, numberAt } = this.verifying;
    const draft = draftOf(lead);
    const group = { lead, rows: [lead] };
    const { ids } = reader.book.of(group);
    if (!reader.book.goesOn(group) || !ids.every((token, i) => token === draft[i])) return [];
    // The last token is only predicted; a number that begins at once is no stage of its own.
    const number = numberAt(lead);
    const isFirst = stage === "number" && number > ids.length;
    return draft.slice(ids.length - 1, isFirst ? Math.min(number, draft.length - 1) : draft.length - 1);
  }

  /** Tries rows, few at first. Frees the rows it is given. @returns those that were tried, and those that were not worth it. */
  async run(given: AnswerRows, stage: "number" | "end"): Promise<{ done: AnswerRows[]; left: AnswerRows[] }> {
    const done: AnswerRows[] = [];
    let rows: AnswerRows | null = given;
    while (rows !== null) {
      const longest = Math.max(...rows.groups.map(({ lead }) => this.tokensOf(lead, stage).length));
      const fitting = Math.max(1, Math.floor(this.verifying.run.options.mostCells / longest));
      const count = Math.min(this.#most(longest), fitting, rows.groups.length);
      if (count === 0) return { done, left: [rows] };
      const [some, rest] = splitRows(rows, count);
      rows = rest;
      try {
        done.push(await this.#feed(some, stage));
      } catch (error) {
        freeRows(rest === null ? done : [...done, rest]);
        throw error;
      }
    }
    return { done, left: [] };
  }

  /** Rows that may be tried with so many tokens. */
  #most(tokens: number): number {
    if (this.#tried > 0 && this.#right >= TRUSTED * this.#tried) return Number.POSITIVE_INFINITY;
    const wasted = this.#tried - this.#right;
    const useful = this.verifying.run.counts.tokenForwards - wasted;
    return Math.max(0, Math.floor((MOST_WASTE * useful - wasted) / (tokens - 1 - MOST_WASTE)));
  }

  async #feed(rows: AnswerRows, stage: "number" | "end"): Promise<AnswerRows> {
    const { run, reader, draftOf } = this.verifying;
    const tokens = rows.groups.map(({ lead }) => this.tokensOf(lead, stage));
    const before = rows.columns.map(({ length }) => length);
    const fed = feed(run, rows, { tokens, label: "verify", counts: true });
    try {
      const tried = tokens.map((own, place) => {
        const next = draftOf(rows.groups[place]?.lead ?? -1);
        return next.slice((before[place] ?? 0) + 1, (before[place] ?? 0) + own.length);
      });
      const kept = await reader.take({ ...fed, groups: rows.groups }, tried);
      for (const [place, group] of rows.groups.entries()) {
        const own = (before[place] ?? 0) + 1 + (kept[place] ?? 0);
        for (const id of group.rows) run.options.hooks.retract(id, own);
        this.#note(group.lead, tried[place]?.length ?? 0, kept[place] ?? 0);
      }
      return keptRows(
        fed.rows,
        kept.map((count, place) => (before[place] ?? 0) + 1 + count),
      );
    } catch (error) {
      fed.rows.cache.dispose();
      throw error;
    } finally {
      fed.hidden.dispose();
    }
  }

  #note(lead: number, tried: number, right: number): void {
    const { counts } = this.verifying.run;
    this.#tried += tried;
    this.#right += right;
    if (!this.#counted.has(lead)) counts.verified += 1;
    this.#counted.add(lead);
    const { ids } = this.verifying.reader.book.of({ lead, rows: [lead] });
    const draft = this.verifying.draftOf(lead);
    if (ids.length === draft.length && ids.every((token, i) => token === draft[i])) counts.agreed += 1;
  }
}

/** The rows that a test is true of, and the others; null where there are none. Frees what it is given unless it is one of the two. */
function parted(rows: AnswerRows, test: (lead: number) => boolean): [AnswerRows | null, AnswerRows | null] {
  const places = identity(rows.groups.length);
  const chosen = places.filter((place) => test(rows.groups[place]?.lead ?? -1));
  if (chosen.length === places.length) return [rows, null];
  if (chosen.length === 0) return [null, rows];
  const others = places.filter((place) => !chosen.includes(place));
  const parts: [AnswerRows, AnswerRows] = [someRows(rows, chosen), someRows(rows, others)];
  rows.cache.dispose();
  return parts;
}
