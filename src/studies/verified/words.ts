/** How the study `verified` says what it found. */

import { besideText, shareText } from "../../exhibits/headline.js";
import { counted } from "../../exhibits/number-text.js";
import type { Rate } from "../../statistics/estimate.js";
import type { Chain } from "./chain.js";
import { equationText } from "./equation.js";
import type { BesideOthers, ProblemChains, VerifiedLevel, VerifiedSummary } from "./summary.js";

/** `18 − 2 = 16 (bot); 16 − 7 = 9 (latent.0)`; `none`. */
export function chainText(chain: Chain | null | undefined, positions: readonly string[]): string {
  if (chain === null || chain === undefined) return "none";
  return chain.steps.map((step) => `${equationText(step)} (${positions[step.place] ?? ""})`).join("; ");
}

/** Of the head's first choice, of its first two choices … */
export function choicesText(choices: number): string {
  return choices === 1 ? "first choice" : `first ${choices} choices`;
}

/** Whose chain it is, where that can be said: `yes`, `no`, `–`. */
export function sameText({ solution }: ProblemChains, isSame: boolean): string {
  return solution === null ? "–" : isSame ? "yes" : "no";
}

/** `6 of 24 problems (0.25 [0.12, 0.45])`. */
export function problemsText({ count, n, rate }: Rate): string {
  return `${count} of ${counted(n, "problem")} (${shareText(rate)})`;
}

/** The answer to the study's question, with what another problem's latents give. */
export function verifiedSentence({ levels, problems, mute, uncompared, unsaid }: VerifiedSummary): string {
  const [first] = levels;
  if (first === undefined) return "The head's choices at BOT and the latents were not recorded.";
  if (mute === problems.length) return "No answer has a number, so no chain of equations can end in one.";
  const { found, same, wrong } = first;
  return [
    `Among the head's first choices at BOT and the latents, a chain of equations that ends in the model's answer is found in ${problemsText(found.own)}${othersText(found)}.`,
    ...(wrong.own.n === 0 ? [] : [`Of problems with a wrong answer, it is found in ${problemsText(wrong.own)}.`]),
    ...(same.own.n === 0
      ? ["No solution is marked as equations of two numbers, so the chains are compared with none."]
      : [`It is the solution's own chain in ${problemsText(same.own)}${othersText(same)}.`]),
    ...deeper(levels),
    ...(mute === 0
      ? []
      : [`${counted(mute, "answer")} without a number ${mute === 1 ? "counts" : "count"} as without a chain.`]),
    ...(uncompared === 0 || same.own.n === 0
      ? []
      : [
          `${counted(uncompared, "solution")} with a step that is no equation of two numbers ${uncompared === 1 ? "is" : "are"} not compared.`,
        ]),
    ...(unsaid === 0
      ? []
      : [`In ${counted(unsaid, "problem")} a step's value takes several tokens, and no position can name it.`]),
  ].join(" ");
}

function othersText({ other }: BesideOthers): string {
  return other === null ? "" : `, with another problem's latents in ${besideText(other)}`;
}

function deeper(levels: readonly VerifiedLevel[]): string[] {
  const last = levels.at(-1);
  if (last === undefined || levels.length < 2) return [];
  const what = last.same.own.n === 0 ? last.found : last.same;
  const others = what.other === null ? "" : ` and ${what.other.count} (${shareText(what.other.rate)})`;
  return [`With the ${choicesText(last.choices)} these are ${what.own.count} (${shareText(what.own.rate)})${others}.`];
}
