/** Which sets of latents one backward pass would have picked, beside those that break most. */

import { show } from "../../exhibits/number-text.js";
import type { Estimate } from "../../statistics/estimate.js";
import type { FindingInput } from "../finding.js";
import { predictionsByProblem } from "../shared/kept-predictions.js";
import { type PredictedCondition, type PredictionOf, pickedCondition } from "../shared/predicted-conditions.js";
import { predictedOf } from "./record.js";

const SIZES = [
  ["latent", "latents", "breaks"],
  ["pair", "pairs", "break"],
  ["triplet", "triplets", "break"],
] as const;

/** To first order zeroing a set does what its latents do one by one. */
export function predictionsOf({ baselines }: Pick<FindingInput, "baselines">): PredictionOf {
  const latents = predictionsByProblem(baselines, predictedOf);
  return (problemId, { set }) => {
    const mine = latents.get(problemId);
    if (mine === undefined || set === undefined) return undefined;
    return latentsIn(set).reduce((sum, latent) => sum + (mine[latent] ?? Number.NaN), 0);
  };
}

/** @param agreement r over all sets. @returns empty where nothing was predicted. */
export function pickedSentence(conditions: readonly PredictedCondition[], agreement: Estimate): string {
  const sets = conditions.filter(({ predicted }) => predicted !== undefined);
  const picks = SIZES.flatMap(([, many, verb], i) => {
    const mine = sets.filter(({ factors }) => factors["size"] === i + 1);
    const picked = mine.length < 2 ? undefined : pickedCondition(mine);
    if (picked === undefined) return [];
    const { count, n } = picked.broken;
    const most = mine.reduce((largest, { broken }) => Math.max(largest, broken.count), 0);
    const beside = count === most ? "as many as any of them" : `the most that any of them breaks is ${most}`;
    return [`${named(picked)} of the ${mine.length} ${many} (${verb} ${count} of ${n}; ${beside})`];
  });
  if (picks.length === 0) return "";
  const r = agreement.kind === "undefined" ? "" : ` agree with r = ${show(agreement)}`;
  const over =
    r === ""
      ? ""
      : ` Over ${sets.length} sets the sum that it predicts for a set's latents and the share of answers that breaks${r}.`;
  return ` One backward pass a problem, with no set run, would have picked ${picks.join(", ")}.${over}`;
}

function named({ factors }: PredictedCondition): string {
  const latents = latentsIn(factors["set"] ?? "");
  return `latent${latents.length === 1 ? "" : "s"} ${latents.join(", ")}`;
}

function latentsIn(set: string | number): number[] {
  return String(set).split("+").map(Number);
}
