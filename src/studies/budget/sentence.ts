/** How many latents the answer needs, in words. */

import { counted } from "../../exhibits/number-text.js";
import type { StudyCondition } from "../finding.js";
import { largestN } from "../shared/condition-sentence.js";
import { isLonger } from "./longer.js";

/** From which number of latents on no loss is shown, and what more latents than in the baseline do. */
export function budgetSentence(all: readonly StudyCondition[]): string {
  const conditions = all.filter((each) => !isLonger(each));
  const [none] = conditions;
  const isLoss = ({ mcnemarHolm, riskDifference }: StudyCondition): boolean =>
    mcnemarHolm.kind === "value" && mcnemarHolm.p < 0.05 && riskDifference.kind === "value" && riskDifference.value < 0;
  if (none?.broken.n === 0)
    return `No answer is right with all latents to read, so fewer of them can lose none (n = ${counted(largestN(conditions), "problem")}).${longerSentence(all.filter(isLonger))}`;
  const losses = conditions.filter(isLoss).map(({ factors }) => Number(factors["visible"]));
  const start =
    none === undefined ? "" : `With no latent to read ${none.right.count} of ${none.right.n} answers are right. `;
  return `${start}${lossSentence(losses, conditions)}${longerSentence(all.filter(isLonger))}`;
}

/** @param losses numbers of latents with which a loss is shown. @param conditions every smaller number than all. */
function lossSentence(losses: readonly number[], conditions: readonly StudyCondition[]): string {
  const how = `McNemar, Holm-adjusted, n = ${counted(largestN(conditions), "problem")}`;
  const next = losses.length;
  if (next === 0)
    return `No smaller number of latents is shown to give fewer right answers than all of them (${how}); that is no proof that none does.`;
  if (next === conditions.length)
    return `Every smaller number of latents gives fewer right answers than all of them (${how}).`;
  // The first ones in a row.
  if (losses.every((visible, i) => visible === i))
    return `From ${next} latent${next === 1 ? "" : "s"} on no loss against all of them is shown (${how}); that is no proof of none.`;
  return `A loss against all of them is shown with ${losses.join(", ")} latent${losses.join() === "1" ? "" : "s"} to read, with the other numbers it is not (${how}); that is no proof of none.`;
}

function longerSentence(conditions: readonly StudyCondition[]): string {
  if (conditions.length === 0) return "";
  const levels = conditions.map(({ factors, right }) => `${right.count} of ${right.n} with ${factors["visible"]}`);
  const changed = conditions.filter(({ mcnemarHolm }) => mcnemarHolm.kind === "value" && mcnemarHolm.p < 0.05);
  const names = changed.map(({ factors }) => factors["visible"]).join(" and ");
  const shown =
    changed.length === 0 ? "no change of the share right is shown" : `the share right changes with ${names}`;
  return ` With more latents than in the baseline ${levels.join(" and ")} are right; ${shown} (McNemar, Holm-adjusted).`;
}
