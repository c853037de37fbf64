/** Another number of latents than the model was trained with, as PyTorch runs it (`fixtures/make/more_latents.py`). */

import { readJson } from "./parity.js";

/** One question with one number of latents. */
export interface Run {
  readonly question: string;
  readonly expected: number;
  readonly latents: number;
  /** Tokens of the answer. */
  readonly answer: number[];
  /** Of the expected number, after the text that the run with six latents writes before its own; nats. */
  readonly log_prob: number;
  /** Between the two highest logits of any step. */
  readonly smallest_margin: number;
}

/** The fixture. */
export function moreLatents(): { readonly max_new_tokens: number; readonly runs: readonly Run[] } {
  return readJson("more_latents");
}
