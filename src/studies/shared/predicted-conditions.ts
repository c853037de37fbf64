/** What one backward pass predicts for conditions that are run, beside what they break. */

import { showSmall } from "../../exhibits/number-text.js";
import type { Estimate } from "../../statistics/estimate.js";
import { meanEstimate } from "../../statistics/mean-estimate.js";
import type { StudyCondition } from "../finding.js";
import { type CellValues, cellsAgreement } from "./cells-agreement.js";
import type { ConditionColumn } from "./condition-table.js";
import { byCondition, type StudyRow } from "./rows.js";

/** A condition with what a gradient predicts for it. */
export interface PredictedCondition extends StudyCondition {
  /** Mean change of the log-odds of the answer's number; missing for controls and in older records. */
  readonly predicted?: Estimate;
}

/** Predicted change of the log-odds in one problem; undefined where nothing is predicted. */
export type PredictionOf = (problemId: string, factors: StudyCondition["factors"]) => number | undefined;

/** For `conditionsOf`. */
export function predictedIn(
  of: PredictionOf,
  seed: number,
): (rows: readonly StudyRow[]) => Pick<PredictedCondition, "predicted"> {
  return (rows) => {
    const values = rows.flatMap(({ problemId, factors }) => of(problemId, factors) ?? []);
    return values.length === 0 ? {} : { predicted: meanEstimate(values, seed) };
  };
}

/** r over conditions: the predicted fall of the log-odds, mean over problems, with the share of answers that break. */
export function conditionsAgreement(
  rows: readonly StudyRow[],
  { of, seed }: { readonly of: PredictionOf; readonly seed: number },
): Estimate {
  const conditions = [...byCondition(rows).values()].filter((mine) =>
    mine.some(({ problemId, factors }) => of(problemId, factors) !== undefined),
  );
  const byProblem = conditions.map((mine) => new Map(mine.map((row) => [row.problemId, row])));
  const ids = [...new Set(conditions.flat().map(({ problemId }) => problemId))];
  const problems = ids.flatMap((id) => {
    const values = byProblem.map((condition): CellValues => {
      const row = condition.get(id);
      const value = row === undefined ? undefined : of(id, row.factors);
      return row === undefined || value === undefined ? null : [-value, Number(!row.correct)];
    });
    return values.includes(null) ? [] : [values];
  });
  return cellsAgreement(problems, seed);
}

/** The one that is predicted to lower the log-odds most. */
export function pickedCondition<Condition extends PredictedCondition>(
  conditions: readonly Condition[],
): Condition | undefined {
  const of = ({ predicted }: Condition): number => (predicted?.kind === "value" ? predicted.value : 0);
  return conditions.filter(({ predicted }) => predicted?.kind === "value").sort((a, b) => of(a) - of(b))[0];
}

/** Of the table, and of `studies.csv`. */
export const PREDICTED: ConditionColumn<PredictedCondition> = {
  heading: "log-odds predicted by one backward pass",
  shown: ({ predicted }) => (predicted === undefined ? "–" : showSmall(predicted)),
  column: "predicted_log_odds",
  means:
    "mean change of the log-odds of the answer's number that the gradient at the baseline predicts: (what is written − activation) times gradient, over right baselines",
  value: ({ predicted }) => predicted,
};
