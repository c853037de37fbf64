/** Takes answer tokens from what a forward predicted, and keeps the states that scores are read from. */

import type { Step } from "../../hooks/step.js";
import type { Tensor2D } from "../../tensor/tf.js";
import type { Group } from "../plan/row-tree.js";
import type { AnswerBook } from "./answer-book.js";
import type { AnswerCell } from "./answer-rows.js";
import type { HeldStates } from "./held-states.js";
import type { TopTokens } from "./top-tokens.js";

/** A forward whose predictions are read. */
export interface Predicted {
  readonly groups: readonly Group[];
  readonly step: Step;
  /** Borrowed. */
  readonly hidden: Tensor2D;
  /** Row by row, each row's in order. */
  readonly cells: readonly AnswerCell[];
}

/** Reads the predictions of one run. */
export class AnswerReader {
  /** @param held null where nothing is scored. */
  constructor(
    readonly book: AnswerBook,
    readonly held: HeldStates | null,
  ) {}

  /**
   * Adds what was predicted to the answers.
   *
   * @param tried by place: the tokens that were fed after the row's own last one. Predictions count as far as these are what the row says.
   * @returns by place: how many of the tried tokens are the row's own.
   */
  async take(predicted: Predicted, tried: readonly (readonly number[])[] = []): Promise<number[]> {
    const { groups, cells, hidden } = predicted;
    const placed = cells.map(({ place, index, cell }) => ({ row: groups[place]?.lead ?? -1, index, cell }));
    this.held?.hold(hidden, placed);
    const tops = await this.#tops(predicted);
    const kept = groups.map(() => 0);
    const done = groups.map(() => false);
    for (const [i, { place }] of cells.entries()) {
      const [group, top] = [groups[place], tops[i]];
      if (group === undefined || top === undefined || done[place] === true) continue;
      const token = this.book.accept(this.book.of(group), top);
      const next = tried[place]?.[kept[place] ?? 0];
      if (token !== null && token === next) kept[place] = (kept[place] ?? 0) + 1;
      else done[place] = true;
    }
    for (const group of groups) this.book.share(group);
    return kept;
  }

  #tops({ hidden, step, cells }: Predicted): Promise<TopTokens[]> {
    return this.book.run.head.tops({ hidden, step, cells: cells.map(({ cell }) => cell) }, 2);
  }
}
