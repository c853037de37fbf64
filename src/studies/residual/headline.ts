/** What residual comes to: the component that adds most to the answer, against a random other number. */

import { firstRows, type Headline, shortSentence } from "../../exhibits/headline.js";
import { FEWEST_TO_SAY, show, TOO_FEW } from "../../exhibits/number-text.js";
import { sideOf } from "../../exhibits/side.js";
import { type ComponentMean, type ResidualSummary, strongest } from "./summary.js";

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
    sentence: sentenceOf(most, answer.problems),
    unit: "logits above the next best number",
    rows: firstRows(components.map(({ name, own, control }) => ({ label: name, own, control }))),
    rank: RANK,
    about: most.name,
  };
}

function sentenceOf({ name, own, control }: ComponentMean, n: number): string {
  if (n < FEWEST_TO_SAY) return `Which component adds most to the answer's logit: ${TOO_FEW} (n = ${n}).`;
  const does = {
    above: `${capital(name)} adds most to the answer's logit`,
    below: `${capital(name)} takes most from the answer's logit`,
    unshown: `No component is shown to change the answer's logit; ${name}`,
  }[sideOf(own)];
  const start = `${does}: ${show(own)}, n = ${n}`;
  return shortSentence([
    `${start}; to a random other number's: ${show(control)}.`,
    `${start}; random number's: ${show(control)}.`,
    `${start}.`,
  ]);
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
