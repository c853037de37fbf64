/** The analysis side of the study `layer-map`: beside what every study of conditions shows, what one backward pass would have picked. */

import { show, showSmall } from "../../exhibits/number-text.js";
import type { Estimate } from "../../statistics/estimate.js";
import { meanEstimate } from "../../statistics/mean-estimate.js";
import type { FindingInput, FindingMaker, StudyCondition } from "../finding.js";
import { type CellValues, cellsAgreement } from "../shared/cells-agreement.js";
import type { ConditionColumn } from "../shared/condition-table.js";
import { conditionsOf } from "../shared/conditions.js";
import { findingOfConditions } from "../shared/conditions-finding.js";
import { byCondition } from "../shared/rows.js";
import { predictedOf } from "./record.js";

/** A cell of the map with what a gradient predicts for it. */
interface PredictedCell extends StudyCondition {
  /** Mean change of the log-odds of the answer's number; missing for controls and in older records. */
  readonly predicted?: Estimate;
}

/** Which cells break answers, and which would have been picked without running any. */
export const layerMapFinding: FindingMaker = (input) => {
  const { rows, run } = input;
  if (rows.length === 0) return null;
  const { seed } = run;
  const predictions = predictionsOf(input);
  const conditions = conditionsOf(rows, {
    seed,
    more: (mine): Pick<PredictedCell, "predicted"> => {
      const factors = mine[0]?.factors ?? {};
      const values = mine.flatMap(({ problemId }) => valueAt(predictions.get(problemId), factors) ?? []);
      return values.length === 0 ? {} : { predicted: meanEstimate(values, seed) };
    },
  });
  const cells = conditions.filter(({ predicted }) => predicted !== undefined);
  if (cells.length === 0) return findingOfConditions<PredictedCell>(input, conditions);
  const agreement = agreementOf(input, predictions);
  return findingOfConditions<PredictedCell>(input, conditions, {
    addition: ` ${pickedSentence(cells, agreement)}`,
    data: { agreement },
    columns: [PREDICTED],
    method:
      "Beside each cell stands what the gradient of the log-odds of the answer's number at the baseline predicts for it: activation times gradient, one backward pass a problem and no cell run.",
  });
};

type Map2d = readonly (readonly number[])[];

function predictionsOf({ baselines }: Pick<FindingInput, "baselines">): Map<string, Map2d> {
  return new Map(
    baselines.flatMap((record): [string, Map2d][] => {
      const predicted = predictedOf(record);
      return predicted === undefined ? [] : [[record.problem.id, predicted]];
    }),
  );
}

/** Only cells that are zeroed have one: a random direction's change is another for each draw. */
function valueAt(map: Map2d | undefined, { layer, latent }: StudyCondition["factors"]): number | undefined {
  return typeof layer === "number" && typeof latent === "number" ? map?.[layer]?.[latent] : undefined;
}

/** r over cells: the predicted fall of the log-odds, mean over problems, with the share of answers that break. */
function agreementOf({ rows, run: { seed } }: FindingInput, predictions: ReadonlyMap<string, Map2d>): Estimate {
  const cells = [...byCondition(rows).values()].filter(([first]) => {
    const { layer, latent } = first?.factors ?? {};
    return typeof layer === "number" && typeof latent === "number";
  });
  const measured = cells.map((mine) => new Map(mine.map((row) => [row.problemId, row])));
  const problems = [...predictions].flatMap(([problem, map]) => {
    const values = measured.map((cell): CellValues => {
      const row = cell.get(problem);
      const value = valueAt(map, row?.factors ?? {});
      return value === undefined || row === undefined ? null : [-value, Number(!row.correct)];
    });
    return values.includes(null) ? [] : [values];
  });
  return cellsAgreement(problems, seed);
}

function pickedSentence(cells: readonly PredictedCell[], agreement: Estimate): string {
  const of = ({ predicted }: PredictedCell): number => (predicted?.kind === "value" ? predicted.value : 0);
  const [most] = [...cells].sort((a, b) => of(a) - of(b));
  if (most === undefined) return "";
  const before = `One backward pass a problem, with no cell run, would have picked “${most.condition}”, which breaks ${most.broken.count} of ${most.broken.n}`;
  if (agreement.kind === "undefined") return `${before}.`;
  return `${before}; over ${cells.length} cells what it predicts and the share that breaks agree with r = ${show(agreement)}.`;
}

const PREDICTED: ConditionColumn<PredictedCell> = {
  heading: "log-odds predicted by one backward pass",
  shown: ({ predicted }) => (predicted === undefined ? "–" : showSmall(predicted)),
  column: "predicted_log_odds",
  means:
    "mean change of the log-odds of the answer's number that activation times gradient predicts at the baseline, over right baselines",
  value: ({ predicted }) => predicted,
};
