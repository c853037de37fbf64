/** A study's answer in words; what is uncertain says so. */

import type { StudyStory } from "../../experiments/story.js";
import { signed, span } from "../number-text.js";
import type { Estimate } from "../statistics/estimate.js";
import type { LatentShares, StudyCondition } from "./study-types.js";
import { isUntrained } from "./untrained.js";

/** @returns a few sentences with intervals and n; the last is of the control, where the study has one. */
export function sentenceOf(
  story: Pick<StudyStory, "name" | "sentence">,
  all: readonly StudyCondition[],
  shares: LatentShares | null,
): string {
  const conditions = all.filter(({ isControl }) => !isControl);
  return [effectSentence(story, conditions, shares), ...controlSentence(all.filter(({ isControl }) => isControl))].join(
    " ",
  );
}

function effectSentence(
  { name, sentence }: Pick<StudyStory, "name" | "sentence">,
  conditions: readonly StudyCondition[],
  shares: LatentShares | null,
): string {
  if (sentence !== undefined) return filled(sentence, conditions);
  switch (name) {
    case "controls":
      return apparatusSentence(conditions);
    case "subsets":
      return shares === null ? strongest(conditions) : sharesSentence(shares);
    case "budget":
      return budgetSentence(conditions);
    default:
      return strongest(conditions);
  }
}

function controlSentence(controls: readonly StudyCondition[]): string[] {
  const kinds = [...new Set(controls.map(({ factors }) => String(factors["control"])))];
  return kinds.flatMap((kind) => {
    const most = mostBroken(controls.filter(({ factors }) => factors["control"] === kind));
    if (most === undefined) return [];
    if (most.broken.count === 0) return [`The control (${kind}) breaks none of ${most.broken.n}.`];
    return [`The control (${kind}) breaks at most ${most.broken.count} of ${most.broken.n}: “${most.condition}”.`];
  });
}

function apparatusSentence(all: readonly StudyCondition[]): string {
  const none = all.find(({ factors }) => factors["control"] === "no latents");
  const conditions = all.filter((each) => each !== none);
  const runs = conditions.reduce((sum, { right }) => sum + right.n, 0);
  const moved = conditions.reduce((sum, { broken }) => sum + broken.count, 0);
  const left =
    none === undefined ? "" : ` Without any latent to read ${none.right.count} of ${none.right.n} answers are right.`;
  return `${runs} control runs that must change nothing changed ${moved} of the answers; a control that changes one is counted as failed.${left}`;
}

function sharesSentence({ values, total, pairs: [strongestPair], problems }: LatentShares): string {
  const known = values.flatMap((each, latent) => (each.kind === "value" ? [{ ...each, latent }] : []));
  const most = [...known].sort((a, b) => b.value - a.value)[0];
  if (most === undefined || total.kind !== "value") return "The latents' shares are not defined.";
  const pair =
    strongestPair?.interval.kind === "value"
      ? ` The pair with the largest interaction is latents ${strongestPair.latents.join(" and ")}: ${figureOf(strongestPair.interval)}${crosses(strongestPair.interval) ? ", an interval with 0 in it" : ""} (${strongestPair.interval.value < 0 ? "each can stand in for the other" : "they need each other"}; picked out of all pairs, so exploratory).`
      : "";
  return `Of the share of right answers that all latents together bring (${figureOf(total)}), latent ${most.latent} has the largest exact Shapley share: ${figureOf(most)} (n = ${problems} problems).${pair}`;
}

function budgetSentence(all: readonly StudyCondition[]): string {
  const conditions = all.filter((each) => !isUntrained(each));
  const [none] = conditions;
  const isLoss = ({ mcnemarHolm, riskDifference }: StudyCondition): boolean =>
    mcnemarHolm.kind === "value" && mcnemarHolm.p < 0.05 && value(riskDifference) < 0;
  const lastLoss = conditions.map(isLoss).lastIndexOf(true);
  const enough = conditions[lastLoss + 1]?.factors["visible"];
  const start =
    none === undefined ? "" : `With no latent to read ${none.right.count} of ${none.right.n} answers are right. `;
  const end =
    enough === undefined
      ? "Every smaller number of latents gives fewer right answers than all of them (McNemar, Holm-adjusted)."
      : `From ${enough} latent${enough === 1 ? "" : "s"} on no loss against all of them is shown (McNemar, Holm-adjusted); that is no proof of none.`;
  return `${start}${end}${untrainedSentence(all.filter(isUntrained))}`;
}

function untrainedSentence(conditions: readonly StudyCondition[]): string {
  if (conditions.length === 0) return "";
  const levels = conditions.map(({ factors, right }) => `${right.count} of ${right.n} with ${factors["visible"]}`);
  const changed = conditions.filter(({ mcnemarHolm }) => mcnemarHolm.kind === "value" && mcnemarHolm.p < 0.05);
  const names = changed.map(({ factors }) => factors["visible"]).join(" and ");
  const shown =
    changed.length === 0 ? "no change of the share right is shown" : `the share right changes with ${names}`;
  return ` With more latents than in training (untrained) ${levels.join(" and ")} are right; ${shown} (McNemar, Holm-adjusted).`;
}

function strongest(conditions: readonly StudyCondition[]): string {
  const most = mostBroken(conditions);
  if (most === undefined) return "No baseline was right: nothing can break.";
  return filled(
    "Most answers break under “{condition}”: {broken} of {n}, 95 % Wilson {interval}. {changed} of {conditions} conditions change the share of right answers (McNemar, Holm-adjusted over all of them).",
    conditions,
  );
}

/** A sentence with its places filled; what is not known of these conditions stands as it is. */
function filled(sentence: string, conditions: readonly StudyCondition[]): string {
  const changed = conditions.filter(({ mcnemarHolm }) => mcnemarHolm.kind === "value" && mcnemarHolm.p < 0.05).length;
  const all = { changed: String(changed), conditions: String(conditions.length) };
  const places: Readonly<Record<string, string>> = { ...all, ...placesOf(mostBroken(conditions)) };
  return sentence.replace(/\{(\w+)\}/g, (whole, name: string) => places[name] ?? whole);
}

function placesOf(most: StudyCondition | undefined): Record<string, string> {
  if (most === undefined || most.broken.rate.kind !== "value") return {};
  const { value: share, low, high } = most.broken.rate;
  return {
    condition: most.condition,
    broken: String(most.broken.count),
    n: String(most.broken.n),
    share: signed(share),
    interval: low === null || high === null ? "not known" : span(low, high),
  };
}

function mostBroken(conditions: readonly StudyCondition[]): StudyCondition | undefined {
  const known = conditions.filter(({ broken }) => broken.rate.kind === "value");
  return [...known].sort((a, b) => value(b.broken.rate) - value(a.broken.rate))[0];
}

function value(estimate: Estimate): number {
  return estimate.kind === "value" ? estimate.value : -1;
}

function figureOf({ value, low, high }: { value: number; low: number; high: number }): string {
  return `${signed(value)} ${span(low, high)}`;
}

function crosses({ low, high }: { low: number; high: number }): boolean {
  return low <= 0 && high >= 0;
}
