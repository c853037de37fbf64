/** What budget comes to: how many answers are right with nothing to read. */

import { besideText, firstRows, type Headline, rateText, shortSentence } from "../../exhibits/headline.js";
import type { StudyCondition } from "../finding.js";
import { isLonger } from "./longer.js";

const RANK = 3;

/** @param all conditions of the study. */
export function budgetHeadline(all: readonly StudyCondition[]): Headline | null {
  const levels = all.filter((each) => !each.isControl && !isLonger(each));
  const controlOf = ({ factors }: StudyCondition): StudyCondition | undefined =>
    all.find((each) => each.isControl && each.factors["visible"] === factors["visible"]);
  const [none] = levels;
  if (none === undefined) return null;
  const control = controlOf(none);
  // Those that can break are those that are right with all.
  const right = none.broken.n;
  const own = rateText(none.right);
  const beside = control === undefined ? "" : `; ${besideText(control.right)} with question positions hidden`;
  return {
    sentence: shortSentence([
      ...(right === 0
        ? [`No answer is right with all latents to read (n = ${none.right.n}), so fewer can lose none.`]
        : []),
      `Right answers: ${own} with no latent to read, ${right} with all${beside}.`,
      `Right answers: ${own} with no latent, ${right} with all${beside}.`,
    ]),
    unit: "share of right answers",
    rows: firstRows(
      levels.map((each) => ({
        label: readable(each),
        own: each.right.rate,
        control: controlOf(each)?.right.rate ?? null,
      })),
    ),
    rank: RANK,
    about: readable(none),
    claimsLess: true,
  };
}

/** A level in a card. */
export function readable({ factors }: Pick<StudyCondition, "factors">): string {
  return `${factors["visible"]} readable`;
}
