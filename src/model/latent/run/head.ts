/** From final-norm states to logits: only the cells that are read, in pieces that fit the memory. */

import { toColumns, toPositions } from "../../decoder/columns.js";
import type { Decoder } from "../../decoder/decoder.js";
import type { RunHooks } from "../../hooks/run-hooks.js";
import type { Step } from "../../hooks/step.js";
import { gather, slice } from "../../tensor/ops.js";
import { type Tensor2D, type Tensor3D, tf } from "../../tensor/tf.js";

// Logits of this many bytes at once: with the passing tensors of a softmax about four times as much is held.
const PIECE_BYTES = 48 * 2 ** 20;

/** The head of one run. */
export class Head {
  /** @param logitRows vocabulary rows that logits keep. */
  constructor(
    readonly decoder: Decoder,
    readonly logitRows: number,
    readonly hooks: RunHooks,
  ) {}

  /** Most cells of one piece. */
  get pieceCells(): number {
    return Math.max(1, Math.floor(PIECE_BYTES / (4 * this.logitRows)));
  }

  /** Logits `[logitRows, cells]` of states `[dModel, cells]`, no hook asked. Owned by the caller. */
  plain(hidden: Tensor2D): Tensor2D {
    return tf.tidy(() => {
      const all = this.decoder.logits(hidden);
      return slice(all, [0, 0], [this.logitRows, all.shape[1]]);
    });
  }

  /**
   * Logits of chosen cells of a forward, after `hook_logits`, piece by piece.
   *
   * @param hidden `[dModel, rows * columns]`, borrowed.
   * @param cells which, in order.
   * @param use gets `[logitRows, some cells]`, borrowed, and the place of the first of them in `cells`.
   */
  async read(
    { hidden, step, cells }: { readonly hidden: Tensor2D; readonly step: Step; readonly cells: readonly number[] },
    use: (logits: Tensor2D, from: number) => Promise<void>,
  ): Promise<void> {
    const seen = this.#seen(hidden, step);
    try {
      await this.hooks.flush();
      const size = this.pieceCells;
      for (let from = 0; from < cells.length; from += size) {
        const some = cells.slice(from, from + size);
        const logits = tf.tidy(() => (seen === null ? this.plain(gather(hidden, some, 1)) : gather(seen, some, 1)));
        try {
          await use(logits, from);
        } finally {
          logits.dispose();
        }
      }
    } finally {
      seen?.dispose();
    }
  }

  /** Lets the hooks see the logits of a forward that nobody else reads. @param hidden `[dModel, rows * columns]`, borrowed. */
  visit(hidden: Tensor2D, step: Step): void {
    this.#seen(hidden, step)?.dispose();
  }

  /** Logits of all cells after the hooks, `[logitRows, cells]`; null where no hook acts. */
  #seen(hidden: Tensor2D, step: Step): Tensor2D | null {
    if (!this.hooks.wants(null, "hook_logits", step)) return null;
    return tf.tidy(() => {
      const logits = toPositions(this.plain(hidden), step) as Tensor3D;
      return toColumns(this.hooks.visit(logits, step, { layer: null, kind: "hook_logits" }));
    });
  }
}
