/** The analysis side of the study `subsets`: exact Shapley values where every set was run. */

import { figureExhibit } from "../../exhibits/exhibit.js";
import type { Estimate } from "../../statistics/estimate.js";
import { basisOf, type FindingMaker, type ShownRun } from "../finding.js";
import { conditionsOf } from "../shared/conditions.js";
import { type ConditionParts, findingOfConditions } from "../shared/conditions-finding.js";
import { unpredictedSentence } from "../shared/kept-predictions.js";
import {
  conditionsAgreement,
  PREDICTED,
  type PredictedCondition,
  predictedIn,
} from "../shared/predicted-conditions.js";
import { sharesFigure } from "./figure.js";
import { latentOf, subsetsHeadline } from "./headline.js";
import { pickedSentence, predictionsOf } from "./picked.js";
import { predictedOf } from "./record.js";
import { sharesSentence } from "./sentence.js";
import { type LatentShares, sharesByProblem, sharesOf } from "./shares.js";
import { sharesExhibit } from "./table.js";

/** What sets of zeroed latents break, and what each latent brings. */
export const subsetsFinding: FindingMaker = (input) => {
  const { rows, run, story } = input;
  if (rows.length === 0) return null;
  const shares = sharesOf(rows, run.seed);
  const parts = shares === null ? {} : partsOf(shares, { question: story.question, run });
  const of = predictionsOf(input);
  const conditions = conditionsOf(rows, { seed: run.seed, more: predictedIn(of, run.seed) });
  const units: ConditionParts<PredictedCondition>["units"] = (key) =>
    sharesByProblem(rows, latentOf(key)).map(({ problemId, value }) => ({ problemId, sum: value, n: 1 }));
  return findingOfConditions<PredictedCondition>(input, conditions, {
    ...withPredictions(parts, {
      conditions,
      agreement: () => conditionsAgreement(rows, { of, seed: run.seed }),
      without: unpredictedSentence(input.baselines.map(predictedOf), "problem"),
    }),
    headline: subsetsHeadline(shares, conditions),
    ...(shares === null ? {} : { units }),
  });
};

/** With what one backward pass says of the sets, where the records hold it. */
function withPredictions(
  parts: ConditionParts<PredictedCondition>,
  {
    conditions,
    agreement,
    without,
  }: {
    readonly conditions: readonly PredictedCondition[];
    readonly agreement: () => Estimate;
    readonly without: string;
  },
): ConditionParts<PredictedCondition> {
  if (conditions.every(({ predicted }) => predicted === undefined)) return { ...parts, addition: without };
  const r = agreement();
  const method = `Beside each set stands what the gradient of the log-odds of the answer's number at the baseline predicts for it: the sum over its latents of activation times gradient, one backward pass a problem.`;
  return {
    ...parts,
    addition: `${pickedSentence(conditions, r)}${without}`,
    method: parts.method === undefined ? method : `${parts.method} ${method}`,
    data: { ...parts.data, agreement: r },
    columns: [PREDICTED],
  };
}

type Head = { readonly question: string; readonly run: ShownRun };

function partsOf(shares: LatentShares, head: Head): ConditionParts<PredictedCondition> {
  return {
    effect: () => sharesSentence(shares),
    method: `Exact Shapley values [@shapley1953] and interactions [@grabisch1999] of the share of right answers over all subsets, on the ${shares.problems} problems that have them all.`,
    data: { shares },
    figures: [
      figureExhibit({ key: "", title: head.question, spec: sharesFigure(shares, head), caption: captionOf(head.run) }),
    ],
    tables: [sharesExhibit(shares)],
  };
}

function captionOf(run: ShownRun): string {
  return `${basisOf(run)}. Every value and every pair's interaction with its 95 % bootstrap interval is in the folded table and in tables/shapley.csv, every set of zeroed latents in tables/studies.csv; the test is of sets (McNemar's exact test, Holm-adjusted).`;
}
