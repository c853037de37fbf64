/** Final-norm states where answer tokens are predicted: what scores read once it is known what is scored. */

import { concat, gather } from "../../tensor/ops.js";
import { type Tensor2D, tf } from "../../tensor/tf.js";

/** One state: of which row, predicting which answer token. */
export interface HeldCell {
  readonly row: number;
  readonly index: number;
  /** Column among the states it is kept from. */
  readonly cell: number;
}

/** Keeps states by row and index. Owns them. */
export class HeldStates {
  readonly #tensors: Tensor2D[] = [];
  readonly #cells = new Map<string, { readonly tensor: number; readonly cell: number }>();

  /** @param hidden `[dModel, cells]`, borrowed. A state that is known already is replaced. */
  hold(hidden: Tensor2D, cells: readonly HeldCell[]): void {
    if (cells.length === 0) return;
    const places = cells.map(({ cell }) => cell);
    const tensor = this.#tensors.push(tf.tidy(() => gather(hidden, places, 1))) - 1;
    for (const [cell, { row, index }] of cells.entries()) this.#cells.set(`${row}:${index}`, { tensor, cell });
  }

  has(row: number, index: number): boolean {
    return this.#cells.has(`${row}:${index}`);
  }

  /** The states of some predictions, in their order, `[dModel, cells]`; owned by the caller. @throws RangeError for one that is not kept. */
  of(wanted: readonly Pick<HeldCell, "row" | "index">[]): Tensor2D {
    const found = wanted.map(({ row, index }) => {
      const held = this.#cells.get(`${row}:${index}`);
      if (held === undefined) throw new RangeError(`No state of row ${row} before answer token ${index}`);
      return held;
    });
    return tf.tidy(() => {
      const tensors = [...new Set(found.map(({ tensor }) => tensor))];
      const parts = tensors.map((tensor) =>
        gather(
          this.#tensors[tensor] as Tensor2D,
          found.flatMap((each) => (each.tensor === tensor ? [each.cell] : [])),
          1,
        ),
      );
      const order: number[] = [];
      let column = 0;
      for (const tensor of tensors)
        for (const [place, each] of found.entries()) if (each.tensor === tensor) order[place] = column++;
      return gather(concat(parts, 1), order, 1);
    });
  }

  /** Frees all; safe to call twice. */
  dispose(): void {
    tf.dispose(this.#tensors.splice(0));
    this.#cells.clear();
  }
}
