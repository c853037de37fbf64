/** Teacher-forced scoring of an answer after EOT: log-probability of its last tokens, and KL between rows. */

import type { RunHooks } from "../hooks/run-hooks.js";
import { type Tensor2D, type Tensor3D, tf } from "../tensor/tf.js";
import type { AfterEot, LoopModel } from "./latent-loop.js";
import { laterStep } from "./row-steps.js";

/** What is scored on one row. */
export interface ScoreTarget {
  /** Answer tokens, fed after EOT. */
  readonly ids: readonly number[];
  /** First token that counts: the number's first. */
  readonly from: number;
  /** The row that KL is measured from: KL(reference || this). */
  readonly reference: number;
}

/** Scores of one row; null where the numbers were not finite. */
export interface Score {
  /** Sum of natural log-probabilities of `ids[from …]`. */
  readonly logProb: number | null;
  /** KL in nats where `ids[from]` is predicted. */
  readonly kl: number | null;
}

/**
 * Feeds each row its target in one forward beside the sequence.
 *
 * @param targets one a row of `state`, in its order.
 * @returns one score a row.
 */
export async function scoreAnswers(
  model: LoopModel,
  state: AfterEot,
  targets: readonly ScoreTarget[],
  hooks: RunHooks,
): Promise<Score[]> {
  const cells = targets.flatMap(({ ids, from }, row) =>
    ids.slice(from).map((id, i) => ({ row, column: from + i - 1, id, first: i === 0 })),
  );
  const firstCell = targets.map((_, row) => cells.findIndex((cell) => cell.row === row && cell.first));
  const hidden = teacherForced(model, state, targets, hooks);
  const { chosen, kl } = tf.tidy(() => {
    const logProbs = tf.logSoftmax(logitsAt(model, state, hidden, cells));
    const index = tf.tensor2d(
      cells.flatMap((cell, i) => [i, cell.id]),
      [cells.length, 2],
      "int32",
    );
    const atFirst: Tensor2D = tf.gather(logProbs, tf.tensor1d(firstCell, "int32"), 0);
    const reference = tf.gather(
      atFirst,
      tf.tensor1d(
        targets.map((target) => target.reference),
        "int32",
      ),
      0,
    );
    return {
      chosen: tf.gatherND(logProbs, index),
      kl: tf.sum(tf.mul(tf.exp(reference), tf.sub(reference, atFirst)), 1),
    };
  });
  try {
    const [logProbs, kls] = await Promise.all([chosen.data(), kl.data()]);
    const sums = targets.map(() => 0);
    for (const [i, cell] of cells.entries()) sums[cell.row] = (sums[cell.row] ?? 0) + (logProbs[i] ?? Number.NaN);
    // Rounding can leave a KL of equal distributions a float below 0.
    return targets.map((_, row) => ({
      logProb: finiteOrNull(sums[row]),
      kl: finiteOrNull(Math.max(0, kls[row] ?? Number.NaN)),
    }));
  } finally {
    tf.dispose([chosen, kl]);
    hidden?.dispose();
  }
}

function finiteOrNull(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}

/** Final-norm states after each fed token, `[rows, columns, dModel]`; null when only the state at EOT is needed. */
function teacherForced(
  model: LoopModel,
  state: AfterEot,
  targets: readonly ScoreTarget[],
  hooks: RunHooks,
): Tensor3D | null {
  const lengths = targets.map(({ ids }) => ids.length - 1);
  const width = Math.max(...lengths);
  if (width === 0) return null;
  const step = laterStep(state.frame, state.rowIds, { part: "answer", index: 0 }, { lengths, width, counts: false });
  const fed = targets.flatMap(({ ids }) =>
    Array.from({ length: width }, (_, column) => ids[Math.min(column, ids.length - 1)] ?? 0),
  );
  const x = model.llama.embed(fed, targets.length);
  try {
    const { hidden, cache } = model.llama.forward(x, state.cache, step, hooks);
    cache.dispose();
    return hidden;
  } finally {
    x.dispose();
  }
}

function logitsAt(
  model: LoopModel,
  state: AfterEot,
  hidden: Tensor3D | null,
  cells: readonly { row: number; column: number }[],
): Tensor2D {
  if (hidden === null)
    return tf.gather(
      state.logits,
      tf.tensor1d(
        cells.map((cell) => cell.row),
        "int32",
      ),
      0,
    );
  const [rows, width, size] = hidden.shape;
  const flat: Tensor2D = tf.reshape(hidden, [rows * width, size]);
  const index = cells.map((cell) => cell.row * width + Math.max(0, cell.column));
  const all = model.llama.logits(tf.gather(flat, tf.tensor1d(index, "int32"), 0));
  const after = tf.slice(all, [0, 0], [cells.length, model.logitRows]);
  if (cells.every((cell) => cell.column >= 0)) return after;
  // A number that is the very first answer token is predicted at EOT.
  const both = tf.concat([after, state.logits], 0);
  const pick = cells.map((cell, i) => (cell.column >= 0 ? i : cells.length + cell.row));
  return tf.gather(both, tf.tensor1d(pick, "int32"), 0);
}
