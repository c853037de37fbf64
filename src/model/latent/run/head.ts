/** From final-norm states to logits: only the cells that are read, in pieces that fit the memory. */

import { toColumns, toPositions } from "../../decoder/columns.js";
import type { Decoder } from "../../decoder/decoder.js";
import type { RunHooks } from "../../hooks/run-hooks.js";
import type { Step } from "../../hooks/step.js";
import { concat, gather, slice, split } from "../../tensor/ops.js";
import { type Tensor2D, type Tensor3D, tf } from "../../tensor/tf.js";
import { isFoundAtOnce, readTop, type TopTokens, topOfPart, topOfParts } from "./top-tokens.js";

// Logits of this many bytes at once: with the passing tensors of a softmax about four times as much is held.
const PIECE_BYTES = 48 * 2 ** 20;

/** Cells of a forward. */
export interface HeadCells {
  /** `[dModel, rows * columns]`, borrowed. */
  readonly hidden: Tensor2D;
  readonly step: Step;
  /** Which, in order. */
  readonly cells: readonly number[];
}

/** The head of one run. */
export class Head {
  /** @param logitRows vocabulary rows that logits keep. */
  constructor(
    readonly decoder: Decoder,
    readonly logitRows: number,
    readonly hooks: RunHooks,
  ) {}

  /** Most cells of one piece whose logits are all there at once. */
  get pieceCells(): number {
    return cellsBeside(this.logitRows);
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
   * @param use gets `[logitRows, some cells]`, borrowed, and the place of the first of them in `cells`.
   */
  async read(
    { hidden, step, cells }: HeadCells,
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

  /**
   * The best tokens of chosen cells of a forward, after `hook_logits`.
   *
   * @param k how many of each.
   */
  async tops(of: HeadCells, k: number): Promise<TopTokens[]> {
    const tops: TopTokens[] = [];
    const { hidden, step, cells } = of;
    if (this.hooks.wants(null, "hook_logits", step)) {
      await this.read(of, async (logits) => {
        tops.push(...(await this.topOf(logits, k)));
      });
      return tops;
    }
    await this.hooks.flush();
    return this.plainTops(
      tf.tidy(() => gather(hidden, cells, 1)),
      k,
    );
  }

  /** The same of states `[dModel, cells]`, no hook asked. @param states taken over. */
  async plainTops(states: Tensor2D, k: number): Promise<TopTokens[]> {
    const tops: TopTokens[] = [];
    const [, all] = states.shape;
    const atOnce = this.#isFoundAtOnce(k);
    const size = atOnce ? cellsBeside(Math.max(...this.#rows)) : this.pieceCells;
    try {
      for (let from = 0; from < all; from += size) {
        const some = tf.tidy(() =>
          all <= size ? states.clone() : slice(states, [0, from], [states.shape[0], Math.min(size, all - from)]),
        );
        try {
          tops.push(...(atOnce ? await this.#topsByPart(some, k) : await this.#topsOfAll(some, k)));
        } finally {
          some.dispose();
        }
      }
      return tops;
    } finally {
      states.dispose();
    }
  }

  /** The best tokens of logits `[logitRows, cells]`, borrowed: those that `plainTops` gives, to the bit. */
  async topOf(logits: Tensor2D, k: number): Promise<TopTokens[]> {
    if (!this.#isFoundAtOnce(k)) return readTop(logits, k);
    const rows = this.#rows;
    const found = tf.tidy(() =>
      concat(
        split(logits, { sizes: rows, axis: 0 }).map((part) => topOfPart(part as Tensor2D, k)),
        0,
      ),
    );
    return topOfParts(found, { k, rows });
  }

  /** Does one op find so many in each part of the vocabulary? */
  #isFoundAtOnce(k: number): boolean {
    return isFoundAtOnce(k) && this.#rows.every((rows) => rows > 0);
  }

  async #topsOfAll(states: Tensor2D, k: number): Promise<TopTokens[]> {
    const logits = this.plain(states);
    try {
      return await readTop(logits, k);
    } finally {
      logits.dispose();
    }
  }

  #topsByPart(states: Tensor2D, k: number): Promise<TopTokens[]> {
    const rows = this.#rows;
    const of = (logits: Tensor2D, from: number): Tensor2D => {
      const [size, cells] = logits.shape;
      const kept = Math.min(size, this.logitRows - from);
      return topOfPart(kept === size ? logits : slice(logits, [0, 0], [kept, cells]), k);
    };
    return topOfParts(this.decoder.readLogits(states, { kind: `top ${k} of ${this.logitRows}`, of }), { k, rows });
  }

  /** Vocabulary rows that logits keep of each part of the head. */
  get #rows(): readonly number[] {
    let from = 0;
    return this.decoder.partRows.map((size) => {
      const kept = Math.min(size, this.logitRows - from);
      from += size;
      return kept;
    });
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

/** Most cells of which so many logits each are there at once. */
function cellsBeside(rows: number): number {
  return Math.max(1, Math.floor(PIECE_BYTES / (4 * rows)));
}
