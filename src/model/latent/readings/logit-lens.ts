/** Logit lens (nostalgebraist 2020): final norm and head on states of any layer. */

import { UsageError } from "../../../base/errors.js";
import type { Decoder } from "../../decoder/decoder.js";
import { transpose } from "../../tensor/ops.js";
import { tf } from "../../tensor/tf.js";

/** What the head says of one state. */
export interface LensReading {
  /** Id of the likeliest token. */
  readonly first: number;
  /** Of each token that was asked for: 1 is the likeliest; equal logits share the better rank. */
  readonly ranks: readonly number[];
  /** Natural logarithms. */
  readonly logProbs: readonly number[];
  /** The likeliest tokens, best first, as many as were asked for. */
  readonly best: readonly { readonly id: number; readonly logProb: number }[];
  /** KL(what the head says of the reference || what it says of this state), nats; null without a reference. */
  readonly kl: number | null;
}

/** What is read of each state beside the first choice. */
export interface LensAsked {
  /** Ids to rank. */
  readonly tokens?: readonly number[];
  /** How many of the likeliest tokens are wanted. Default 0. */
  readonly best?: number;
}

/** What is read, and what it is compared with. */
export interface LensOptions extends LensAsked {
  /** A state for each of the states, such as the last layer's. */
  readonly reference?: Float32Array | undefined;
}

// Logits of this many bytes at once.
const PIECE_BYTES = 48 * 2 ** 20;

/**
 * @param states `[cells, dModel]`, before the final norm. @param logitRows vocabulary rows that logits keep.
 * @throws UsageError when the states do not divide into cells, the reference is not as many, or `best` is no count.
 */
export async function readStates(
  decoder: Decoder,
  states: Float32Array,
  { tokens = [], best = 0, reference, logitRows }: LensOptions & { readonly logitRows: number },
): Promise<LensReading[]> {
  const { dModel } = decoder.config;
  checkStates({ states, reference, dModel });
  checkBest(best);
  const cells = states.length / dModel;
  const pieceCells = Math.max(1, Math.floor(PIECE_BYTES / (4 * logitRows)));
  const readings: LensReading[] = [];
  for (let from = 0; from < cells; from += pieceCells) {
    const count = Math.min(pieceCells, cells - from);
    const part = (all: Float32Array): Float32Array => all.subarray(from * dModel, (from + count) * dModel);
    const { values, width } = await logitsOf(decoder, part(states));
    const other = reference === undefined ? null : (await logitsOf(decoder, part(reference))).values;
    for (let cell = 0; cell < count; cell++) {
      const own = values.subarray(cell * width, cell * width + logitRows);
      const beside = other?.subarray(cell * width, cell * width + logitRows) ?? null;
      readings.push({ ...readingOf(own, { tokens, best }), kl: beside === null ? null : divergence(beside, own) });
    }
  }
  return readings;
}

function checkStates({
  states,
  reference,
  dModel,
}: Pick<LensOptions, "reference"> & { readonly states: Float32Array; readonly dModel: number }): void {
  if (states.length % dModel !== 0)
    throw new UsageError(
      `The states have ${states.length} numbers, no multiple of dModel ${dModel}`,
      "give whole states, one after the other",
    );
  if (reference !== undefined && reference.length !== states.length)
    throw new UsageError(
      `The reference has ${reference.length} numbers, the states ${states.length}`,
      "give one reference state for each state",
    );
}

function checkBest(best: number): void {
  if (!Number.isInteger(best) || best < 0)
    throw new UsageError(`best is ${best}, wanted how many tokens`, "give a whole number from 0");
}

/** `[cells, width]`; the last columns may be padding. */
async function logitsOf(decoder: Decoder, states: Float32Array): Promise<{ values: Float32Array; width: number }> {
  const { dModel } = decoder.config;
  const logits = tf.tidy(() => {
    const hidden = transpose(tf.tensor2d(states, [states.length / dModel, dModel]), [1, 0]);
    return transpose(decoder.logits(decoder.finalNorm(hidden)), [1, 0]);
  });
  try {
    return { values: await logits.data<"float32">(), width: logits.shape[1] as number };
  } finally {
    logits.dispose();
  }
}

/** KL(p || q) of the softmaxes, nats. */
function divergence(p: Float32Array, q: Float32Array): number {
  const [pSum, qSum] = [logSumOf(p), logSumOf(q)];
  return p.reduce((sum, each, id) => {
    const log = each - pSum;
    return sum + Math.exp(log) * (log - ((q[id] ?? 0) - qSum));
  }, 0);
}

function logSumOf(logits: Float32Array): number {
  const top = logits.reduce((most, each) => Math.max(most, each), Number.NEGATIVE_INFINITY);
  return top + Math.log(logits.reduce((sum, each) => sum + Math.exp(each - top), 0));
}

function readingOf(logits: Float32Array, { tokens, best }: Required<LensAsked>): Omit<LensReading, "kl"> {
  let first = 0;
  for (let id = 1; id < logits.length; id++) if ((logits[id] ?? 0) > (logits[first] ?? 0)) first = id;
  const logSum = logSumOf(logits);
  const ranks = tokens.map((token) => {
    const own = logits[token] ?? Number.NaN;
    return 1 + logits.reduce((above, each) => above + (each > own ? 1 : 0), 0);
  });
  const logProb = (id: number): number => (logits[id] ?? Number.NaN) - logSum;
  return {
    first,
    ranks,
    logProbs: tokens.map(logProb),
    best: likeliest(logits, best).map((id) => ({ id, logProb: logProb(id) })),
  };
}

/** Ids of the highest logits, the highest first; of equal ones the lower id. */
function likeliest(logits: Float32Array, count: number): number[] {
  const found: number[] = [];
  for (let id = 0; id < logits.length && count > 0; id++) {
    const own = logits[id] ?? 0;
    const last = found[count - 1];
    if (last !== undefined && own <= (logits[last] ?? 0)) continue;
    const place = found.findIndex((other) => own > (logits[other] ?? 0));
    found.splice(place < 0 ? found.length : place, 0, id);
    if (found.length > count) found.pop();
  }
  return found;
}
