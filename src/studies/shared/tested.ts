/** Sentences that say which parts of a study were tested, and which were left out. */

import type { LeftOut, StudyCondition } from "../finding.js";

/**
 * One sentence for the report: no study beside the two main ones was planned as a confirmation.
 *
 * @param others families of tests beside that of the conditions, in words.
 */
export function testedSentence(
  conditions: readonly Pick<StudyCondition, "isControl" | "mcnemar">[],
  others: readonly string[] = [],
): string {
  const controls = conditions.filter(({ isControl }) => isControl).length;
  const family = conditions.length - controls;
  if (family === 0) return "Exploratory: intervals only, nothing is tested.";
  const tested = conditions.filter(({ isControl, mcnemar }) => !isControl && mcnemar.kind === "value").length;
  const untested = family - tested;
  const head = `Exploratory: one family of ${family} condition${family === 1 ? "" : "s"}`;
  return [
    tested === 0
      ? `${head}, none tested: no answer changed`
      : `${head}, ${tested} tested (McNemar's exact test, Holm-adjusted over these)`,
    ...(untested === 0 || tested === 0 ? [] : [`${untested} without a changed answer, where there is nothing to test`]),
    ...others,
    ...(controls === 0 ? [] : [`${controls} control${controls === 1 ? "" : "s"}, shown and not tested`]),
  ]
    .join("; ")
    .concat(".");
}

/** @returns which conditions a run of these problems could not have. */
export function leftOutSentence({ conditions, reason }: LeftOut): string {
  const names = conditions.map((condition) => `“${condition}”`).join(", ");
  const were = conditions.length === 1 ? "1 condition was" : `${conditions.length} conditions were`;
  return `${were} not run (${names}): ${eachOf(conditions.length, reason)}.`;
}

/** Whole studies that were left out. @param reason as `it` goes on. */
export function notRun(studies: readonly string[], reason: string): string {
  return `not run: ${studies.join(", ")}: ${eachOf(studies.length, reason)}`;
}

/** Why some things were left out. @param reason as `it` goes on. */
export function eachOf(count: number, reason: string): string {
  return `${count === 1 ? "it" : "each"} ${reason}`;
}
