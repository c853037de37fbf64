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
/** Of one that shares its place with others, for which there have to be words too. */
const LONGEST_SHARED = 4;

/** @param rank place among the cards; default: after those studies that have one of their own. @returns null where no baseline answer was right. */
export function conditionHeadline(all: readonly StudyCondition[], rank = RANK): Headline | null {
  const conditions = all.filter((each) => !each.isControl && each.broken.rate.kind === "value");
  const sorted = [...conditions].sort((a, b) => b.broken.count / b.broken.n - a.broken.count / a.broken.n);
  const [most] = sorted;
  if (most === undefined) return null;
  const control = controlOf(most, all);
  const rows = sorted.map((each): HeadlineRow => {
    const beside = controlOf(each, all);
    return { label: each.condition, own: each.broken.rate, control: beside?.broken.rate ?? null };
  });
  return {
    sentence: sentenceOf(most, {
      count: conditions.length,
      equal:
        conditions.filter(({ broken }) => broken.count * most.broken.n === most.broken.count * broken.n).length - 1,
      control,
    }),
    unit: "share of answers broken",
    rows: firstRows(rows),
    rank,
    about: most.condition,
  };
}

function sentenceOf(
  most: StudyCondition,
  {
    count,
    equal,
    control,
  }: {
    readonly count: number;
    /** Conditions that break as large a share. */
    readonly equal: number;
    readonly control: StudyCondition | null;
  },
): string {
  const { broken } = most;
  const beside = control === null ? "it has no control" : `its control breaks ${besideText(control.broken)}`;
  if (broken.count === 0)
    return shortSentence([
      `No right answer breaks under any of ${count} conditions: ${rateText(broken)}; ${beside}.`,
      `Nothing breaks: ${rateText(broken)}; ${beside}.`,
    ]);
  if (equal > 0) {
    const shared = `“${nameOf(most, LONGEST_SHARED)}” and ${equal} more break`;
    return shortSentence([
      `${shared} the most answers, each: ${rateText(broken)}; ${beside}.`,
      `${shared} most: ${rateText(broken)}; ${beside}.`,
    ]);
  }
  const name = nameOf(most, LONGEST_NAME);
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

function nameOf({ condition }: StudyCondition, longest: number): string {
  const words = condition.split(" ");
  return words.length > longest ? `${words.slice(0, longest).join(" ")} …` : condition;
}
