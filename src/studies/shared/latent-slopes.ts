/** Gradients of the log-odds of the answer's number at every block's output at the latents: one backward pass a right baseline. */

import { CodiLensError } from "../../base/errors.js";
import { range } from "../../base/range.js";
import type { CodiModel } from "../../model/latent/codi-model.js";
import type { GradientResult } from "../../model/latent/gradient/types.js";
import type { RunResult } from "../../model/latent/run-types.js";
import type { Kept } from "../fields.js";
import type { CleanRun, ReadContext } from "../read-context.js";
import { type SizedProblem, WITH_GRADIENT, type Work, type WorkFacts, workOfRows } from "../work.js";

const DIGITS = 5;

/** A block's output at one latent, and the gradient there. */
export interface LatentSlope {
  readonly held: Float32Array;
  readonly slope: Float32Array;
}

/** `[layer][latent]`. */
export type LatentSlopes = readonly (readonly LatentSlope[])[];

// Several studies ask for those of the same baseline.
const known = new WeakMap<RunResult, Promise<LatentSlopes>>();

/** Which study keeps what. */
export interface PredictionAsk {
  readonly study: string;
  /** What is predicted of one run. @param place among the runs. */
  readonly of: (slopes: LatentSlopes, place: number) => Predicted;
}

/**
 * What a study keeps below its name: `predicted`, or `unpredicted` with the reason where the model or the engine gives no gradient.
 *
 * @returns null where the answer is wrong, or has no number: it is a right one that a change could break.
 */
export async function keptPredictions(
  { model, runs }: Pick<ReadContext, "model" | "runs">,
  { study, of }: PredictionAsk,
): Promise<(Kept | null)[]> {
  const kept: (Kept | null)[] = [];
  // Question by question, so that what is kept does not depend on the batch.
  for (const [place, run] of runs.entries()) {
    const slopes = isRight(run) ? await slopesOrReason(model, run) : null;
    if (slopes === null) kept.push(null);
    else {
      const own = typeof slopes === "string" ? { unpredicted: slopes } : { predicted: of(slopes, place) };
      kept.push({ fields: { kept: { [study]: own } } });
    }
  }
  return kept;
}

/** The gradient of one baseline. */
export function predictionWork(facts: WorkFacts, { tokens }: SizedProblem): Work[] {
  return workOfRows(facts, { rows: 1, tokens, hasAnswer: true, passes: WITH_GRADIENT });
}

/** Plain JSON. */
type Predicted = NonNullable<NonNullable<Extract<Kept, { fields?: unknown }>["fields"]>["kept"]>[string][string];

function isRight({ result }: CleanRun): boolean {
  return result.failure === null && result.correct === true && result.answer.numberToken !== null;
}

async function slopesOrReason(model: CodiModel, run: CleanRun): Promise<LatentSlopes | string> {
  const found = known.get(run.result) ?? slopesOf(model, run);
  known.set(run.result, found);
  try {
    return await found;
  } catch (error) {
    if (error instanceof CodiLensError) return error.message;
    throw error;
  }
}

async function slopesOf(
  model: CodiModel,
  { problem: { question }, result: { answer } }: CleanRun,
): Promise<LatentSlopes> {
  const first = answer.numberToken ?? 0;
  const found = await model.gradient(question, {
    // A right answer is sure, so its log-probability has next to no gradient.
    of: { kind: "log-odds", token: answer.ids[first] ?? 0, position: first === 0 ? "eot" : `answer.${first - 1}` },
    answer: answer.ids.slice(0, first),
    at: ["blocks.*.hook_resid_post"],
  });
  return slopesIn(model, found);
}

function slopesIn(
  { config: { layers }, codi: { numLatents } }: CodiModel,
  { gradients, captures }: Pick<GradientResult, "gradients" | "captures">,
): LatentSlopes {
  return range(layers).map((layer) =>
    range(numLatents).map((latent): LatentSlope => {
      const name = `blocks.${layer}.hook_resid_post` as const;
      const at = `latent.${latent}` as const;
      return { held: captures.at(name, at).data, slope: gradients.at(name, at).data };
    }),
  );
}

/** The change of the log-odds, if all were linear, where a state is put in place of what is held. @param by left out: zeros. */
export function changeBy({ held, slope }: LatentSlope, by?: Float32Array): number {
  let change = 0;
  for (const [i, value] of held.entries()) change += ((by?.[i] ?? 0) - value) * (slope[i] ?? 0);
  return Number(change.toPrecision(DIGITS));
}
