/** Conditions that draw on another problem, in a run that has none: they are left out with the reason, and the rest runs. */

import { needsOthers, otherQuestions } from "../../model/latent/donors.js";
import { eachOf, notRun } from "../../studies/shared/tested.js";
import type { StudyCondition } from "../../studies/study.js";

/** A condition that was not run. */
export interface LeftOut {
  readonly study: string;
  readonly condition: string;
  readonly reason: string;
}

/** In place of a condition's name: the whole study. */
export const WHOLE_STUDY = "all of it";

/** Which conditions of a run are computed. */
export interface Feasible {
  readonly conditions: readonly StudyCondition[];
  readonly leftOut: readonly LeftOut[];
}

/**
 * @param questions of all problems. @param reference those that are drawn on. @param idsOf a question's prompt.
 * @returns all conditions where every problem has another one to draw on.
 */
export function feasible(
  conditions: readonly StudyCondition[],
  { questions, reference }: { readonly questions: readonly string[]; readonly reference: readonly string[] },
  idsOf: (question: string) => readonly number[],
): Feasible {
  const draws = ({ interventions }: StudyCondition): boolean => interventions.some(needsOthers);
  if (!conditions.some(draws)) return { conditions, leftOut: [] };
  const isAlone = (question: string): boolean => otherQuestions(question, reference, idsOf).length === 0;
  if (!questions.some(isAlone)) return { conditions, leftOut: [] };
  const reason =
    questions.length === 1
      ? "draws on other problems, and this run has one problem only"
      : "draws on other problems, and this run has none with another question";
  return {
    conditions: conditions.filter((each) => !draws(each)),
    leftOut: conditions.filter(draws).map(({ study, name }) => ({ study, condition: name, reason })),
  };
}

/** One line for the user a reason; none where nothing was left out. */
export function leftOutNotices(leftOut: readonly LeftOut[]): string[] {
  const [whole, parts] = [true, false].map((isWhole) =>
    leftOut.filter(({ condition }) => (condition === WHOLE_STUDY) === isWhole),
  );
  return [...byReason(whole, (mine, reason) => notRun(studiesOf(mine), reason)), ...byReason(parts, partsNotice)];
}

function byReason(
  leftOut: readonly LeftOut[] = [],
  notice: (mine: readonly LeftOut[], reason: string) => string,
): string[] {
  const reasons = [...new Set(leftOut.map(({ reason }) => reason))];
  return reasons.map((reason) =>
    notice(
      leftOut.filter((each) => each.reason === reason),
      reason,
    ),
  );
}

function partsNotice(mine: readonly LeftOut[], reason: string): string {
  const others = mine.length - 1;
  const more = others === 0 ? "" : ` and ${others} more condition${others === 1 ? "" : "s"}`;
  return `${studiesOf(mine).join(", ")}: “${mine[0]?.condition}”${more} not run: ${eachOf(mine.length, reason)}`;
}

function studiesOf(leftOut: readonly LeftOut[]): string[] {
  return [...new Set(leftOut.map(({ study }) => study))];
}
