/** What one backward pass says of every cell of the map: no cell is run. */

import { range } from "../../base/range.js";
import type { CodiModel } from "../../model/latent/codi-model.js";
import type { GradientResult } from "../../model/latent/gradient/types.js";
import type { Kept } from "../fields.js";
import type { CleanRun, ReadContext } from "../read-context.js";
import { story } from "./story.js";

const DIGITS = 5;

/** Question by question: what is kept does not depend on the batch. @returns nothing for runs whose answer is wrong: it is the right one that zeroing could break. */
export async function readPredictions({ model, runs }: ReadContext): Promise<(Kept | null)[]> {
  const kept: (Kept | null)[] = [];
  for (const run of runs) kept.push(isRight(run) ? await predictionOf(model, run) : null);
  return kept;
}

async function predictionOf(model: CodiModel, { problem: { question }, result: { answer } }: CleanRun): Promise<Kept> {
  const first = answer.numberToken ?? 0;
  const found = await model.gradient(question, {
    // A right answer is sure, so its log-probability has next to no gradient.
    of: { kind: "log-odds", token: answer.ids[first] ?? 0, position: first === 0 ? "eot" : `answer.${first - 1}` },
    answer: answer.ids.slice(0, first),
    at: ["blocks.*.hook_resid_post"],
  });
  return { fields: { kept: { [story.name]: { predicted: predictedChanges(model, found) } } } };
}

function isRight({ result }: CleanRun): boolean {
  return result.failure === null && result.correct === true && result.answer.numberToken !== null;
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
