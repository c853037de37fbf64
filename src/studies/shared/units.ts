/** What each problem adds to the share that a condition breaks, or of answers that are right under it. */

import type { Finding, ProblemUnit } from "../finding.js";
import type { StudyRow } from "./rows.js";

/** @param conditionOf the condition of a headline's key; by default the key is its name. */
export function unitsOfRows(
  rows: readonly Pick<StudyRow, "condition" | "problemId" | "baselineCorrect" | "correct">[],
  share: "broken" | "right",
  { conditionOf = (key) => key }: { readonly conditionOf?: (key: string) => string | undefined } = {},
): NonNullable<Finding["units"]> {
  return (key) => {
    const name = conditionOf(key);
    const mine = rows.filter(({ condition }) => condition === name);
    return mine.length === 0 ? null : mine.map((row) => unitOf(row, share));
  };
}

/** One problem under one condition. */
export function unitOf(
  { problemId, baselineCorrect, correct }: Pick<StudyRow, "problemId" | "baselineCorrect" | "correct">,
  share: "broken" | "right",
): ProblemUnit {
  return share === "right"
    ? { problemId, sum: Number(correct), n: 1 }
    : { problemId, sum: Number(baselineCorrect && !correct), n: Number(baselineCorrect) };
}
