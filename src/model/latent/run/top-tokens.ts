/** Reads what is needed of logits without moving the whole vocabulary to the host. Logits are columns, `[vocab, cells]`. */

import { NumericError } from "../../../base/errors.js";
import { hasKernels, kernelTop, MOST_TOP } from "../../tensor/kernels.js";
import { numbersOf } from "../../tensor/numbers.js";
import { exponential, gather, multiply, reshape, slice, subtract, sum, transpose } from "../../tensor/ops.js";
import { isRecording } from "../../tensor/recording.js";
import { type Tensor2D, tf } from "../../tensor/tf.js";

/** The best tokens of one cell. */
export interface TopTokens {
  readonly ids: readonly number[];
  readonly logits: readonly number[];
  /** Log of the sum of exponentials over the vocabulary: `logProb = logit - logSumExp`. */
  readonly logSumExp: number;
}

/** Does one op find so many? */
export function isFoundAtOnce(k: number): boolean {
  return hasKernels() && k <= MOST_TOP && !isRecording();
}

/** The best tokens of one part of the vocabulary, as `topOfParts` takes them. @param logits `[part of vocab, cells]`, borrowed. */
export function topOfPart(logits: Tensor2D, k: number): Tensor2D {
  return kernelTop(logits, k);
}

/** How many tokens a cell are wanted, and the rows of the vocabulary in each part. */
interface PartedTop {
  readonly k: number;
  readonly rows: readonly number[];
}

/** @param found of each part, one below the other; taken over. @returns as `readTop`. */
export async function topOfParts(found: Tensor2D, { k, rows }: PartedTop): Promise<TopTokens[]> {
  try {
    const numbers = await numbersOf(found);
    const [all, width] = found.shape;
    const cells = all / rows.length;
    const count = Math.min(
      k,
      rows.reduce((total, each) => total + each, 0),
    );
    return Array.from({ length: cells }, (_, cell) => {
      let from = 0;
      const parts = rows.map((size, part) => {
        const begin = (part * cells + cell) * width;
        const [values, places] = [begin, begin + k].map((at) => numbers.subarray(at, at + Math.min(k, size)));
        const ids = Array.from(places as Float32Array, (place) => from + place);
        from += size;
        return { logits: Array.from(values as Float32Array), ids, sum: numbers[begin + 2 * k] ?? Number.NaN };
      });
      return joinedTop(parts, count);
    });
  } finally {
    found.dispose();
  }
}

interface PartTop {
  readonly logits: readonly number[];
  readonly ids: readonly number[];
  /** Of e^(logit - the largest one). */
  readonly sum: number;
}

function joinedTop(parts: readonly PartTop[], count: number): TopTokens {
  const largest = Math.max(...parts.map(({ logits }) => logits[0] ?? Number.NEGATIVE_INFINITY));
  const sum = parts.reduce((total, part) => total + part.sum * Math.exp((part.logits[0] ?? Number.NaN) - largest), 0);
  const best = parts
    .flatMap(({ logits, ids }) => logits.map((logit, i) => ({ logit, id: ids[i] ?? 0 })))
    // Of equal ones the first stays first.
    .sort((a, b) => b.logit - a.logit)
    .slice(0, count);
  return {
    ids: best.map(({ id }) => id),
    logits: best.map(({ logit }) => logit),
    logSumExp: largest + Math.log(sum),
  };
}

/** @param logits `[vocab, cells]`, borrowed. @param k how many tokens a cell. @returns one entry a cell; a cell with NaN has `logSumExp` NaN. */
export async function readTop(logits: Tensor2D, k: number): Promise<TopTokens[]> {
  const [vocab, cells] = logits.shape;
  const count = Math.min(k, vocab);
  const { values, indices, sums } = tf.tidy(() => {
    const rows: Tensor2D = cells === 1 ? reshape(logits, [1, vocab]) : transpose(logits, [1, 0]);
    const top = tf.topk(rows, count);
    const largest = slice(top.values as Tensor2D, [0, 0], [cells, 1]);
    return { values: top.values, indices: top.indices, sums: sum(exponential(subtract(rows, largest)), 1) };
  });
  try {
    const [v, i, s] = await Promise.all([numbersOf(values), numbersOf(indices), numbersOf(sums)]);
    return Array.from({ length: cells }, (_, cell) => ({
      ids: Array.from(i.slice(cell * count, (cell + 1) * count)),
      logits: Array.from(v.slice(cell * count, (cell + 1) * count)),
      logSumExp: (v[cell * count] ?? Number.NaN) + Math.log(s[cell] ?? Number.NaN),
    }));
  } finally {
    tf.dispose([values, indices, sums]);
  }
}

/** The logit of one token a cell. @param logits `[vocab, cells]`, borrowed. */
export async function readLogits(logits: Tensor2D, ids: readonly number[]): Promise<Float32Array> {
  const [vocab, cells] = logits.shape;
  const chosen = tf.tidy(() =>
    gather(
      reshape<tf.Rank.R1>(logits, [vocab * cells]),
      ids.map((id, cell) => id * cells + cell),
      0,
    ),
  );
  try {
    return await numbersOf(chosen);
  } finally {
    chosen.dispose();
  }
}

/**
 * Kullback–Leibler divergence of each cell from its reference, in nats.
 *
 * @param reference `[vocab, cells]`; KL(reference || logits). Borrowed, as `logits` is.
 */
export async function readDivergence(reference: Tensor2D, logits: Tensor2D): Promise<Float32Array> {
  const divergence = tf.tidy(() => {
    const [p, q] = [logSoftmax(reference), logSoftmax(logits)];
    return sum(multiply(exponential(p), subtract(p, q)), 0);
  });
  try {
    return await numbersOf(divergence);
  } finally {
    divergence.dispose();
  }
}

function logSoftmax(logits: Tensor2D): Tensor2D {
  const shifted = subtract(logits, tf.max(logits, 0, true));
  return subtract(shifted, tf.log(sum(exponential(shifted), 0)));
}

/** @returns an error naming the step when a cell's logits are not finite, else null. */
export function nonFinite(top: TopTokens, step: string): NumericError | null {
  const finite = Number.isFinite(top.logSumExp) && top.logits.every(Number.isFinite);
  return finite
    ? null
    : new NumericError(
        `The logits are NaN or infinite at ${step}`,
        "check the weights with a finite input, or the intervention's size",
      );
}
