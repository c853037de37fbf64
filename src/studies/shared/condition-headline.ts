/** The headline of a study of conditions: the one that breaks the most answers, beside its control. */

import {
  besideText,
  firstRows,
  type Headline,
  type HeadlineRow,
  rateText,
  shortSentence,
} from "../../exhibits/headline.js";
import { isRandomDirection, type StudyCondition } from "../finding.js";

const RANK = 10;
const LONGEST_NAME = 8;
const LONGEST_LABEL = 24;

/** @param rank place among the cards; default: after those studies that have one of their own. @returns null where no baseline answer was right. */
export function conditionHeadline(all: readonly StudyCondition[], rank = RANK): Headline | null {
  const conditions = all.filter((each) => !each.isControl && each.broken.rate.kind === "value");
  const sorted = [...conditions].sort((a, b) => b.broken.count / b.broken.n - a.broken.count / a.broken.n);
  const [most] = sorted;
  if (most === undefined) return null;
  const control = controlOf(most, all);
  const rows = sorted.map((each): HeadlineRow => {
    const beside = controlOf(each, all);
    return { label: cut(each.condition), own: each.broken.rate, control: beside?.broken.rate ?? null };
  });
  return {
    sentence: sentenceOf(most, { count: conditions.length, control }),
    unit: "share of answers broken",
    rows: firstRows(rows),
    rank,
  };
}

function sentenceOf(
  most: StudyCondition,
  { count, control }: { readonly count: number; readonly control: StudyCondition | null },
): string {
  const { broken } = most;
  const beside = control === null ? "it has no control" : `its control breaks ${besideText(control.broken)}`;
  if (broken.count === 0)
    return shortSentence([
      `No right answer breaks under any of ${count} conditions: ${rateText(broken)}; ${beside}.`,
      `Nothing breaks: ${rateText(broken)}; ${beside}.`,
    ]);
  const words = most.condition.split(" ");
  const name = words.length > LONGEST_NAME ? `${words.slice(0, LONGEST_NAME).join(" ")} …` : most.condition;
  const kind = control?.factors["control"] ?? control?.factors["kind"];
  return shortSentence([
    ...(kind === undefined
      ? []
      : [
          `“${name}” breaks the most answers: ${rateText(broken)}; its control (${kind}) breaks ${besideText(control?.broken ?? broken)}.`,
        ]),
    `“${name}” breaks the most answers: ${rateText(broken)}; ${beside}.`,
    `“${name}” breaks most: ${rateText(broken)}; ${beside}.`,
  ]);
}

/** The control that stands for a condition: the same factors but its own, or else a random direction at the same place. */
function controlOf(condition: StudyCondition, all: readonly StudyCondition[]): StudyCondition | null {
  const controls = all.filter((each) => each.isControl && each.broken.rate.kind === "value");
  const same = controls.filter((each) => standsFor(each, condition));
  const [first] = same;
  if (first !== undefined) return first;
  if (isRandomDirection(condition)) return null;
  const { latent } = condition.factors;
  return all.find((each) => isRandomDirection(each) && each.factors["latent"] === latent) ?? null;
}

function standsFor({ factors: control }: StudyCondition, { factors: own }: StudyCondition): boolean {
  const end = `, ${control["control"]}`;
  return Object.entries(own).every(([name, value]) => {
    const there = control[name];
    return there === value || control["instead"] === value || String(there) === `${value}${end}` || there === "random";
  });
}

function cut(text: string): string {
  return text.length <= LONGEST_LABEL ? text : `${text.slice(0, LONGEST_LABEL - 1)}…`;
}
