/** Steers the baselines' problems, one by one: what is computed together does not depend on the batch. */

import type { CodiModel } from "../../model/latent/codi-model.js";
import type { Kept } from "../fields.js";
import type { CleanRun, ReadContext, RunFacts } from "../read-context.js";
import { isRead } from "../shared/spread.js";
import { directionsOf } from "./directions.js";
import type { SteeringDraft } from "./draft.js";
import type { Steering } from "./record.js";
import { contrastTo, steeredSites } from "./runs.js";
import { story } from "./story.js";

/** Problems that are steered: each takes a pass of its own over the questions that its direction is made of. */
export const MOST_PROBLEMS = 48;

/** @returns nothing for a run that failed, for problems that are not read, and where there is no second latent. */
export async function readSteering({ model, runs, facts }: ReadContext): Promise<(Kept | null)[]> {
  const kept: (Kept | null)[] = [];
  for (const run of runs)
    kept.push(
      run.result.failure !== null ||
        run.draft === undefined ||
        model.codi.numLatents < 2 ||
        !isRead(run.index, { ...facts, most: MOST_PROBLEMS })
        ? null
        : { fields: { kept: { [story.name]: await steeredProblem(model, run, facts) } } },
    );
  return kept;
}

/** One problem: its directions are made of other problems' questions, and added to its own run. */
export async function steeredProblem(
  model: CodiModel,
  { result, draft: drafted }: Pick<CleanRun, "result" | "draft">,
  { seed, maxNewTokens }: Pick<RunFacts, "seed" | "maxNewTokens">,
): Promise<Steering> {
  const draft = drafted as SteeringDraft;
  if (draft.kind === "left") return { status: "left", reason: draft.reason };
  const { step, value, by, answer, predicted, pairs } = draft;
  const { parsed } = result.answer;
  if (parsed.kind !== "number" || parsed.value !== answer)
    return { status: "left", reason: "the model's own answer is not the solution's" };
  const contrast = contrastTo(model, { result, number: predicted });
  if (contrast === null)
    return { status: "left", reason: "the predicted answer and the model's do not part at a token" };
  const directions = await directionsOf(model, pairs);
  const sites = await steeredSites(model, result, { directions, contrast, seed, maxNewTokens });
  return { status: "steered", step, value, by, answer, predicted, pairs: pairs.length, sites };
}
