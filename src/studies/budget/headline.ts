/** What budget comes to: how many answers are right with nothing to read. */

import { besideText, firstRows, type Headline, rateText, shortSentence } from "../../exhibits/headline.js";
import { show } from "../../exhibits/number-text.js";
import type { StudyCondition } from "../finding.js";
import { isUntrained } from "./untrained.js";

const RANK = 3;

/** @param all conditions of the study. */
export function budgetHeadline(all: readonly StudyCondition[]): Headline | null {
  const levels = all.filter((each) => !each.isControl && !isUntrained(each));
  const controlOf = ({ factors }: StudyCondition): StudyCondition | undefined =>
    all.find((each) => each.isControl && each.factors["visible"] === factors["visible"]);
  const [none] = levels;
  if (none === undefined) return null;
  const control = controlOf(none);
  const beside =
    control === undefined ? "" : `; with as many question positions hidden instead, ${besideText(control.right)}`;
  return {
    sentence: shortSentence([
      `With no latent to read, ${none.right.count} of ${none.right.n} answers are right (${show(none.right.rate)})${beside}.`,
      `No latent to read: ${rateText(none.right)} right.`,
    ]),
    unit: "share of right answers",
    rows: firstRows(
      levels.map((each) => ({
        label: `${each.factors["visible"]} readable`,
        own: each.right.rate,
        control: controlOf(each)?.right.rate ?? null,
      })),
    ),
    rank: RANK,
  };
}
