/** What residual comes to: the component that adds most to the answer, against a random other number. */

import { firstRows, type Headline, shortSentence } from "../../exhibits/headline.js";
import { show } from "../../exhibits/number-text.js";
import { type ResidualSummary, strongest } from "./summary.js";

const RANK = 7;
const SHOWN = 6;

/** @returns null where no answer had a number. */
export function residualHeadline({ targets }: ResidualSummary): Headline | null {
  const answer = targets.find(({ name, problems }) => name === "answer" && problems > 0);
  if (answer === undefined) return null;
  const components = strongest(answer, SHOWN);
  const [most] = components;
  if (most === undefined) return null;
  return {
    sentence: shortSentence([
      `${capital(most.name)} adds most to the answer's logit: ${show(most.own)}, n = ${answer.problems}; to a random other number's it adds ${show(most.control)}.`,
    ]),
    unit: "logits above the next best number",
    rows: firstRows(components.map(({ name, own, control }) => ({ label: name, own, control }))),
    rank: RANK,
  };
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
