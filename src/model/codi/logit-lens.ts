/** Logit lens (nostalgebraist 2020): final norm and head on states of any layer. */

import type { Llama } from "../llama/llama.js";
import { multiply, rmsNormalize, transpose } from "../tensor/ops.js";
import { tf } from "../tensor/tf.js";

/** What the head says of one state. */
export interface LensReading {
  /** Id of the likeliest token. */
  readonly first: number;
  /** Of each token that was asked for: 1 is the likeliest; equal logits share the better rank. */
  readonly ranks: readonly number[];
  /** Natural logarithms. */
  readonly logProbs: readonly number[];
}

// Logits of this many bytes at once.
const PIECE_BYTES = 48 * 2 ** 20;

/** @param states `[cells, dModel]`, before the final norm. @param logitRows vocabulary rows that logits keep. @param tokens ids to rank. */
export async function readStates(
  llama: Llama,
  states: Float32Array,
  tokens: readonly number[],
  logitRows: number,
): Promise<LensReading[]> {
  const { dModel, rmsNormEps } = llama.config;
  const cells = states.length / dModel;
  const pieceCells = Math.max(1, Math.floor(PIECE_BYTES / (4 * logitRows)));
  const readings: LensReading[] = [];
  for (let from = 0; from < cells; from += pieceCells) {
    const count = Math.min(pieceCells, cells - from);
    const part = states.subarray(from * dModel, (from + count) * dModel);
    const logits = tf.tidy(() => {
      const hidden = transpose(tf.tensor2d(part, [count, dModel]), [1, 0]);
      return transpose(llama.logits(multiply(rmsNormalize(hidden, rmsNormEps), llama.weights.norm)), [1, 0]);
    });
    try {
      const values = await logits.data<"float32">();
      const width = logits.shape[1] as number;
      for (let cell = 0; cell < count; cell++)
        readings.push(readingOf(values.subarray(cell * width, cell * width + logitRows), tokens));
    } finally {
      logits.dispose();
    }
  }
  return readings;
}

function readingOf(logits: Float32Array, tokens: readonly number[]): LensReading {
  let first = 0;
  for (let id = 1; id < logits.length; id++) if ((logits[id] ?? 0) > (logits[first] ?? 0)) first = id;
  const top = logits[first] ?? 0;
  const logSum = top + Math.log(logits.reduce((sum, each) => sum + Math.exp(each - top), 0));
  const ranks = tokens.map((token) => {
    const own = logits[token] ?? Number.NaN;
    return 1 + logits.reduce((above, each) => above + (each > own ? 1 : 0), 0);
  });
  return { first, ranks, logProbs: tokens.map((token) => (logits[token] ?? Number.NaN) - logSum) };
}
