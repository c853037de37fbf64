/** Something that is read of a run, asked for by value. Pure data comes out; nothing is read to the host while a run's latents are computed. */

import type { Decoder } from "../../decoder/decoder.js";
import type { Observer } from "../../hooks/observer.js";
import type { SequenceLayout } from "../layout.js";

/** The batch that is read. */
export interface ReadingPlan {
  readonly decoder: Decoder;
  readonly latents: number;
  /** How many columns after the first latent the slice of attention begins, by the protocol. */
  readonly attentionShift: 0 | 1;
  /** Number of rows; they are numbered from 0. */
  readonly rows: number;
  /** Rows that nothing is done to. */
  readonly cleanRows: ReadonlySet<number>;
}

/** What watches one batch, and then knows what each row had. */
export interface Recorder<T> {
  readonly observers: readonly Observer[];
  /** @returns null for a row that is not read. */
  of(row: number, layout: SequenceLayout): T | null;
}

/** A kind of reading. */
export interface Reading<T> {
  /** Names it among the results of a run. */
  readonly name: string;
  /** Begins a batch. */
  start(plan: ReadingPlan): Recorder<T>;
}
