/** What the controls come to: whether the apparatus itself changes anything. */

import { type Headline, shareText, shortSentence } from "../../exhibits/headline.js";
import type { StudyCondition } from "../finding.js";

const RANK = 20;

/** @param all conditions of the study. */
export function controlsHeadline(all: readonly StudyCondition[]): Headline | null {
  const none = all.find(({ factors }) => factors["control"] === "no latents");
  const idle = all.filter((each) => each !== none);
  const [first] = idle;
  if (first === undefined) return null;
  const runs = idle.reduce((sum, { right }) => sum + right.n, 0);
  const broken = idle.reduce((sum, each) => sum + each.broken.count, 0);
  const left =
    none === undefined
      ? ""
      : `; with no latent to read, ${none.right.count} of ${none.right.n} are right (${shareText(none.right.rate)})`;
  return {
    sentence: shortSentence([
      `Of ${runs} runs that must change nothing, ${broken === 0 ? "none breaks" : `${broken} break`} an answer${left}.`,
    ]),
    unit: "share of right answers",
    rows: all.map(({ condition, right }) => ({ label: condition, own: right.rate, control: null })),
    rank: RANK,
  };
}
