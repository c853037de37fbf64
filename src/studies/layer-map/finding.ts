/** The analysis side of the study `layer-map`: beside what every study of conditions shows, what one backward pass would have picked. */

import { show } from "../../exhibits/number-text.js";
import type { Estimate } from "../../statistics/estimate.js";
import type { FindingInput, FindingMaker } from "../finding.js";
import { conditionsOf } from "../shared/conditions.js";
import { findingOfConditions } from "../shared/conditions-finding.js";
import { predictionsByProblem, unpredictedSentence } from "../shared/kept-predictions.js";
import {
  conditionsAgreement,
  PREDICTED,
  type PredictedCondition,
  type PredictionOf,
  pickedCondition,
  predictedIn,
} from "../shared/predicted-conditions.js";
import { predictedOf } from "./record.js";

/** Which cells break answers, and which would have been picked without running any. */
export const layerMapFinding: FindingMaker = (input) => {
  const { rows, run } = input;
  if (rows.length === 0) return null;
  const { seed } = run;
  const of = predictionsOf(input);
  const conditions = conditionsOf(rows, { seed, more: predictedIn(of, seed) });
  const cells = conditions.filter(({ predicted }) => predicted !== undefined);
  const without = unpredictedSentence(input.baselines.map(predictedOf), "problem");
  if (cells.length === 0) return findingOfConditions<PredictedCondition>(input, conditions, { addition: without });
  const agreement = conditionsAgreement(rows, { of, seed });
  return findingOfConditions<PredictedCondition>(input, conditions, {
    addition: ` ${pickedSentence(cells, agreement)}${without}`,
    data: { agreement },
    columns: [PREDICTED],
    method:
      "Beside each cell stands what the gradient of the log-odds of the answer's number at the baseline predicts for it: activation times gradient, one backward pass a problem and no cell run.",
  });
};

/** Only cells that are zeroed have one: a random direction's change is another for each draw. */
function predictionsOf({ baselines }: Pick<FindingInput, "baselines">): PredictionOf {
  const maps = predictionsByProblem(baselines, predictedOf);
  return (problemId, { layer, latent }) =>
    typeof layer === "number" && typeof latent === "number" ? maps.get(problemId)?.[layer]?.[latent] : undefined;
}

function pickedSentence(cells: readonly PredictedCondition[], agreement: Estimate): string {
  const most = pickedCondition(cells);
  if (most === undefined) return "";
  const before = `One backward pass a problem, with no cell run, would have picked “${most.condition}”, which breaks ${most.broken.count} of ${most.broken.n}`;
  if (agreement.kind === "undefined") return `${before}.`;
  return `${before}; over ${cells.length} cells what it predicts and the share that breaks agree with r = ${show(agreement)}.`;
}
