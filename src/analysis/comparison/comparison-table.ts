/** The comparison as CSV. */

import type { Estimate, PValue } from "../../statistics/estimate.js";
import { csv } from "../write.js";
import type { RunComparison } from "./compare-runs.js";

/** @returns one row a condition of each comparison. */
export function comparisonTable(comparisons: readonly RunComparison[]): string {
  const header = [
    ...["first", "second", "condition", "role", "n", "right_first", "right_second", "only_first", "only_second"],
    ...["difference", "difference_low", "difference_high", "mcnemar_p", "mcnemar_p_holm"],
    ...["log_prob", "log_prob_low", "log_prob_high", "sign_flip_p", "sign_flip_p_holm"],
  ];
  const rows = comparisons.flatMap(({ first, second, conditions }) =>
    conditions.map(({ condition, role, counts, n, ...each }) => [
      ...[first, second, condition, role, n],
      ...[counts.both + counts.firstOnly, counts.both + counts.secondOnly, counts.firstOnly, counts.secondOnly],
      ...[...cells(each.difference), p(each.mcnemar), p(each.mcnemarHolm)],
      ...[...cells(each.logProb), p(each.signFlip), p(each.signFlipHolm)],
    ]),
  );
  return csv(header, rows);
}

function cells(estimate: Estimate): (number | null)[] {
  return estimate.kind === "value" ? [estimate.value, estimate.low, estimate.high] : [null, null, null];
}

function p(value: PValue): number | null {
  return value.kind === "value" ? value.p : null;
}
