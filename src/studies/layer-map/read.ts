/** What one backward pass says of every cell of the map: no cell is run. */

import { range } from "../../base/range.js";
import type { CodiModel } from "../../model/latent/codi-model.js";
import type { GradientResult, Metric } from "../../model/latent/gradient/types.js";
import { tf } from "../../model/tensor/tf.js";
import type { Kept } from "../fields.js";
import type { CleanRun, ReadContext } from "../read-context.js";
import { story } from "./story.js";

const DIGITS = 5;
/** Taken from a logit, it leaves the token no share in a sum of exponentials. */
const FAR_BELOW = 1e4;

/** Question by question: what is kept does not depend on the batch. @returns nothing for runs whose answer is wrong: it is the right one that zeroing could break. */
export async function readPredictions({ model, runs }: ReadContext): Promise<(Kept | null)[]> {
  const kept: (Kept | null)[] = [];
  for (const run of runs) kept.push(isRight(run) ? await predictionOf(model, run) : null);
  return kept;
}

async function predictionOf(model: CodiModel, { problem: { question }, result: { answer } }: CleanRun): Promise<Kept> {
  const first = answer.numberToken ?? 0;
  const found = await model.gradient(question, {
    of: oddsOf({ token: answer.ids[first] ?? 0, position: first === 0 ? "eot" : `answer.${first - 1}` }),
    answer: answer.ids.slice(0, first),
    at: ["blocks.*.hook_resid_post"],
  });
  return { fields: { kept: { [story.name]: { predicted: predictedChanges(model, found) } } } };
}

function isRight({ result }: CleanRun): boolean {
  return result.failure === null && result.correct === true && result.answer.numberToken !== null;
}

/** Log-odds of a token where it is predicted. Its log-probability has next to no gradient: an answer that is right is sure. */
function oddsOf({ token, position }: { readonly token: number; readonly position: string }): Metric {
  return {
    kind: "function",
    value: (here) => {
      const logits = here.logits(position);
      const own = tf.reshape(tf.cast(tf.oneHot([token], logits.size), "float32"), [-1]);
      const others = tf.logSumExp(tf.sub(logits, tf.mul(own, FAR_BELOW)));
      return tf.reshape(tf.sub(tf.sum(tf.mul(logits, own)), others), []);
    },
  };
}

/** `[layer][latent]`: the change of the metric, if it were linear, where the block's output at the latent is zeroed. */
export function predictedChanges(
  { config: { layers }, codi: { numLatents } }: CodiModel,
  { gradients, captures }: Pick<GradientResult, "gradients" | "captures">,
): number[][] {
  return range(layers).map((layer) =>
    range(numLatents).map((latent) => {
      const name = `blocks.${layer}.hook_resid_post` as const;
      const [slope, held] = [gradients, captures].map((each) => each.at(name, `latent.${latent}`).data);
      let change = 0;
      for (const [i, value] of (held ?? []).entries()) change -= value * (slope?.[i] ?? 0);
      return Number(change.toPrecision(DIGITS));
    }),
  );
}
