/** Scores of the expected answer, teacher-forced: log-probability of its last tokens, and KL from the clean row. */

import { gather } from "../../tensor/ops.js";
import { type Tensor2D, tf } from "../../tensor/tf.js";
import type { Head } from "./head.js";
import type { HeldStates } from "./held-states.js";
import { readDivergence, readLogits } from "./top-tokens.js";

/** What is scored on the rows of a question. */
export interface ScoreTarget {
  /** Answer tokens, fed after EOT. */
  readonly ids: readonly number[];
  /** First token that counts: the number's first. */
  readonly from: number;
  /** A token that the last one is compared with by their logits. */
  readonly other?: number;
}

/** Chooses the target of a question, given its clean answer's tokens. */
export type TargetOf = (question: number, cleanIds: readonly number[]) => ScoreTarget | null;

/** A target, and the clean row that KL is measured from. */
export type RowTarget = ScoreTarget & { readonly cleanRow: number };

/** Scores of one row; null where the numbers were not finite, or none was asked for. */
export interface Score {
  /** Sum of natural log-probabilities of `ids[from …]`. */
  readonly expectedLogProb: number | null;
  /** KL(clean || this row) in nats where `ids[from]` is predicted. */
  readonly klAtNumber: number | null;
  /** The same where the answer's first token is predicted, after EOT. */
  readonly klAtFirst: number | null;
  /** Logit of the target's last token less that of `other`; null where there is none. */
  readonly logitDifference: number | null;
}

/** One prediction: which answer token of which row. */
export interface ScoredCell {
  readonly id: number;
  readonly index: number;
  readonly logSumExp: number;
}

interface WantedCell {
  readonly id: number;
  readonly index: number;
  readonly column: number;
  readonly target: RowTarget;
}

/** Gathers scores from the logits of what is predicted while the target is fed. */
export class Scorer {
  readonly #logProbs = new Map<number, number>();
  readonly #divergences = new Map<number, number>();
  readonly #firstDivergences = new Map<number, number>();
  readonly #differences = new Map<number, number>();

  /**
   * @param held states of the clean rows, borrowed.
   * @param atFirst whether KL is wanted at the answer's first token too.
   */
  constructor(
    readonly head: Head,
    readonly held: HeldStates,
    readonly atFirst: boolean,
  ) {}

  /** KL of a clean row is measured from itself. */
  isReference(id: number): void {
    this.#divergences.set(id, 0);
    if (this.atFirst) this.#firstDivergences.set(id, 0);
  }

  /** Adds the log-probability of a target token that is known already. */
  addLogProb(id: number, logProb: number): void {
    this.#logProbs.set(id, (this.#logProbs.get(id) ?? 0) + logProb);
  }

  /**
   * @param logits `[vocab, cells]`, borrowed.
   * @param cells what each column predicts.
   * @param targetOf a row's target.
   */
  async add(logits: Tensor2D, cells: readonly ScoredCell[], targetOf: (id: number) => RowTarget | null): Promise<void> {
    const targeted = cells.flatMap(({ id, index, logSumExp }, column) => {
      const target = targetOf(id);
      return target === null ? [] : [{ id, index, logSumExp, column, target }];
    });
    if (this.atFirst)
      await this.#addDivergences(
        logits,
        targeted.filter(({ index }) => index === 0),
        this.#firstDivergences,
      );
    const wanted = targeted.flatMap((cell) => {
      const token = cell.target.ids[cell.index];
      return token === undefined || cell.index < cell.target.from ? [] : [{ ...cell, token }];
    });
    if (wanted.length === 0) return;
    const own = tf.tidy(() =>
      gather(
        logits,
        wanted.map(({ column }) => column),
        1,
      ),
    );
    try {
      const values = await readLogits(
        own,
        wanted.map(({ token }) => token),
      );
      for (const [i, { id, logSumExp }] of wanted.entries()) this.addLogProb(id, (values[i] ?? Number.NaN) - logSumExp);
      if (wanted.some(({ target }) => target.other !== undefined)) {
        const others = await readLogits(
          own,
          wanted.map(({ target, token }) => target.other ?? token),
        );
        for (const [i, { id, index, target }] of wanted.entries())
          if (index === target.ids.length - 1 && target.other !== undefined)
            this.#differences.set(id, (values[i] ?? Number.NaN) - (others[i] ?? Number.NaN));
      }
    } finally {
      own.dispose();
    }
    await this.#addDivergences(
      logits,
      wanted.filter(({ index, target }) => index === target.from),
      this.#divergences,
    );
  }

  /** @returns null for a row that nothing was added to. */
  scoreOf(id: number): Score | null {
    const logProb = this.#logProbs.get(id);
    if (logProb === undefined) return null;
    return {
      expectedLogProb: finiteOrNull(logProb),
      klAtNumber: finiteOrNull(this.#divergences.get(id) ?? Number.NaN),
      klAtFirst: finiteOrNull(this.#firstDivergences.get(id) ?? Number.NaN),
      logitDifference: finiteOrNull(this.#differences.get(id) ?? Number.NaN),
    };
  }

  async #addDivergences(
    logits: Tensor2D,
    cells: readonly WantedCell[],
    divergences: Map<number, number>,
  ): Promise<void> {
    const others = cells.filter(
      ({ id, index, target }) => id !== target.cleanRow && this.held.has(target.cleanRow, index),
    );
    if (others.length === 0) return;
    const { reference, own } = tf.tidy(() => {
      // Several rows have one clean row: the head is multiplied with each only once.
      const keys = others.map(({ target, index }) => `${target.cleanRow}:${index}`);
      const distinct = [...new Set(keys)];
      const states = this.held.of(
        distinct.map((key) => {
          const { target, index } = others[keys.indexOf(key)] as WantedCell;
          return { row: target.cleanRow, index };
        }),
      );
      return {
        reference: gather(
          this.head.plain(states),
          keys.map((key) => distinct.indexOf(key)),
          1,
        ),
        own: gather(
          logits,
          others.map(({ column }) => column),
          1,
        ),
      };
    });
    try {
      const values = await readDivergence(reference, own);
      // Rounding can leave a KL of equal distributions a float below 0.
      for (const [i, { id }] of others.entries()) divergences.set(id, Math.max(0, values[i] ?? Number.NaN));
    } finally {
      tf.dispose([reference, own]);
    }
  }
}

function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
