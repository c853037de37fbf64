/** Reads what is needed of a row of logits without moving the whole vocabulary to the host. */

import { NumericError } from "../errors.js";
import { type Tensor2D, tf } from "../tensor/tf.js";

/** The best tokens of one row. */
export interface TopTokens {
  readonly ids: readonly number[];
  readonly logits: readonly number[];
  /** Log of the sum of exponentials over the vocabulary: `logProb = logit - logSumExp`. */
  readonly logSumExp: number;
}

/** @param logits `[rows, vocab]`, borrowed. @param k how many tokens a row. @returns one entry a row; a row with NaN has `logSumExp` NaN. */
export async function readTop(logits: Tensor2D, k: number): Promise<TopTokens[]> {
  const count = Math.min(k, logits.shape[1]);
  const { values, indices, sums } = tf.tidy(() => {
    const top = tf.topk(logits, count);
    return { values: top.values, indices: top.indices, sums: tf.logSumExp(logits, 1) };
  });
  try {
    const [v, i, s] = await Promise.all([values.data(), indices.data(), sums.data()]);
    return Array.from({ length: logits.shape[0] }, (_, row) => ({
      ids: Array.from(i.slice(row * count, (row + 1) * count)),
      logits: Array.from(v.slice(row * count, (row + 1) * count)),
      logSumExp: s[row] ?? Number.NaN,
    }));
  } finally {
    tf.dispose([values, indices, sums]);
  }
}

/** @returns an error naming the step when a row's logits are not finite, else null. */
export function nonFinite(top: TopTokens, step: string): NumericError | null {
  const finite = Number.isFinite(top.logSumExp) && top.logits.every(Number.isFinite);
  return finite
    ? null
    : new NumericError(
        `The logits are NaN or infinite at ${step}`,
        "check the weights with a finite input, or the intervention's size",
      );
}
