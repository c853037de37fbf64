/** The comparison as a table with all its digits. */

import { integer, interval, pColumn, text } from "../../exhibits/columns.js";
import type { TableFile } from "../../exhibits/exhibit.js";
import type { Estimate, PValue } from "../../statistics/estimate.js";
import type { RunComparison } from "./run-comparison.js";

const COLUMNS = [
  text("first", "one run"),
  text("second", "the run that it is compared with"),
  text("condition", "what was done in both"),
  text("role", "whether it was planned to be tested, is exploratory, or a control"),
  integer("n", "problems that both runs have under the condition"),
  integer("right_first", "of them, how many the first run answers right"),
  integer("right_second", "how many the second answers right"),
  integer("only_first", "how many the first alone answers right"),
  integer("only_second", "how many the second alone answers right"),
  ...interval("difference", "share right in the first less the share in the second"),
  pColumn("mcnemar_p", "McNemar's exact test of the two shares"),
  pColumn("mcnemar_p_holm", "the same, adjusted by Holm"),
  ...interval("log_prob", "mean of the expected answer's log-probability in the first less that in the second"),
  pColumn("sign_flip_p", "signs of whole problems flipped, of the log-probabilities"),
  pColumn("sign_flip_p_holm", "the same, adjusted by Holm"),
];

/** @returns one row a condition of each comparison. */
export function comparisonTable(comparisons: readonly RunComparison[]): TableFile {
  const rows = comparisons.flatMap(({ first, second, conditions }) =>
    conditions.map(({ condition, role, counts, n, ...each }) => [
      ...[first, second, condition, role, n],
      ...[counts.both + counts.firstOnly, counts.both + counts.secondOnly, counts.firstOnly, counts.secondOnly],
      ...[...cells(each.difference), p(each.mcnemar), p(each.mcnemarHolm)],
      ...[...cells(each.logProb), p(each.signFlip), p(each.signFlipHolm)],
    ]),
  );
  return { file: "comparison", about: "One row a condition of each comparison.", columns: COLUMNS, rows };
}

function cells(estimate: Estimate): (number | null)[] {
  return estimate.kind === "value" ? [estimate.value, estimate.low, estimate.high] : [null, null, null];
}

function p(value: PValue): number | null {
  return value.kind === "value" ? value.p : null;
}
