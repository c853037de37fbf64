/** Scores of the expected answer, teacher-forced: log-probability of its last tokens, and KL from the clean row. */

import { concat, gather } from "../../tensor/ops.js";
import { type Tensor2D, tf } from "../../tensor/tf.js";
import type { Head } from "./head.js";
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

/** Gathers scores from the logits of forwards that feed the target. Owns the clean rows' states. */
export class Scorer {
  readonly #held: Tensor2D[] = [];
  /** State of a clean row where a token is predicted, by `row:index`. */
  readonly #clean = new Map<string, { readonly hidden: Tensor2D; readonly cell: number }>();
  readonly #logProbs = new Map<number, number>();
  readonly #divergences = new Map<number, number>();
  readonly #firstDivergences = new Map<number, number>();
  readonly #differences = new Map<number, number>();

  /** @param atFirst whether KL is wanted at the answer's first token too. */
  constructor(
    readonly head: Head,
    readonly atFirst: boolean,
  ) {}

  /** Keeps states of clean rows. @param hidden `[dModel, cells]`, borrowed. */
  hold(
    hidden: Tensor2D,
    cells: readonly { readonly row: number; readonly index: number; readonly cell: number }[],
  ): void {
    if (cells.length === 0) return;
    const own = gather(
      hidden,
      cells.map(({ cell }) => cell),
      1,
    );
    this.#held.push(own);
    for (const [cell, { row, index }] of cells.entries()) this.#clean.set(`${row}:${index}`, { hidden: own, cell });
  }

  /**
   * @param logits `[vocab, cells]`, borrowed.
   * @param cells what each column predicts.
   * @param targetOf a row's target, and the clean row that KL is measured from.
   */
  async add(
    logits: Tensor2D,
    cells: readonly ScoredCell[],
    targetOf: (id: number) => (ScoreTarget & { readonly cleanRow: number }) | null,
  ): Promise<void> {
    const targets = cells.map(({ id }) => targetOf(id));
    const wanted = cells.flatMap(({ id, index, logSumExp }, column) => {
      const target = targets[column] ?? null;
      const token = target?.ids[index];
      return target === null || token === undefined || index < target.from
        ? []
        : [{ id, index, logSumExp, column, token, target }];
    });
    if (this.atFirst) {
      const first = cells.flatMap(({ id, index }, column) => {
        const target = targets[column] ?? null;
        return target === null || index > 0 ? [] : [{ id, index, column, target }];
      });
      await this.#addDivergences(logits, first, this.#firstDivergences);
    }
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
      for (const [i, { id, logSumExp }] of wanted.entries())
        this.#logProbs.set(id, (this.#logProbs.get(id) ?? 0) + (values[i] ?? Number.NaN) - logSumExp);
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

  /** The difference of a clean row, from its held state; null where its target has no other token. */
  async cleanDifference(row: number, { ids, other }: ScoreTarget): Promise<number | null> {
    const held = this.#clean.get(`${row}:${ids.length - 1}`);
    const token = ids.at(-1);
    if (other === undefined || token === undefined || held === undefined) return null;
    const twice = tf.tidy(() => this.head.plain(gather(held.hidden, [held.cell, held.cell], 1)));
    try {
      const [own = Number.NaN, theirs = Number.NaN] = await readLogits(twice, [token, other]);
      return finiteOrNull(own - theirs);
    } finally {
      twice.dispose();
    }
  }

  /** Frees what is held; safe to call twice. */
  dispose(): void {
    tf.dispose(this.#held.splice(0));
    this.#clean.clear();
  }

  async #addDivergences(
    logits: Tensor2D,
    cells: readonly {
      readonly id: number;
      readonly index: number;
      readonly column: number;
      readonly target: { readonly cleanRow: number };
    }[],
    divergences: Map<number, number>,
  ): Promise<void> {
    const known = cells.flatMap((cell) => {
      const clean = this.#clean.get(`${cell.target.cleanRow}:${cell.index}`);
      return clean === undefined ? [] : [{ ...cell, clean }];
    });
    if (known.length === 0) return;
    const { reference, own } = tf.tidy(() => {
      // Several rows have one clean row: the head is multiplied with each only once.
      const distinct = [...new Set(known.map(({ clean }) => clean))];
      const states = concat(
        distinct.map(({ hidden, cell }) => gather(hidden, [cell], 1)),
        1,
      );
      return {
        reference: gather(
          this.head.plain(states),
          known.map(({ clean }) => distinct.indexOf(clean)),
          1,
        ),
        own: gather(
          logits,
          known.map(({ column }) => column),
          1,
        ),
      };
    });
    try {
      const values = await readDivergence(reference, own);
      // Rounding can leave a KL of equal distributions a float below 0.
      for (const [i, { id }] of known.entries()) divergences.set(id, Math.max(0, values[i] ?? Number.NaN));
    } finally {
      tf.dispose([reference, own]);
    }
  }
}

function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
