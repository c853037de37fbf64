/** A study's answer in words; what is uncertain says so. */

import { counted, signed, span } from "../../exhibits/number-text.js";
import type { Estimate } from "../../statistics/estimate.js";
import { isUntrained } from "../budget/untrained.js";
import type { LatentShares, StudyCondition } from "../finding.js";
import type { StudyStory } from "../story.js";

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
  // What stands out where nothing breaks is nothing.
  if (sentence !== undefined && !(isOfStrongest(sentence) && !(mostBroken(conditions)?.broken.count ?? 0)))
    return filled(sentence, conditions);
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
  const broke = moved === 0 ? "none broke a right answer" : `${moved} broke a right answer`;
  return `Of ${counted(runs, "control run")} that must change nothing ${broke}; one that changes an answer is counted as failed.${left}`;
}

function sharesSentence({ values, total, pairs, problems }: LatentShares): string {
  const known = values.flatMap((each, latent) => (each.kind === "value" ? [{ ...each, latent }] : []));
  const largest = Math.max(...known.map(({ value: share }) => share));
  const most = known.filter(({ value: share }) => isTie(share, largest));
  const [first] = most;
  if (first === undefined || total.kind !== "value") {
    const [why] = [...values, total].flatMap((each) => (each.kind === "undefined" ? each.reason : []));
    return `The latents' shares are not defined (${why ?? "no latent"}).`;
  }
  const n = `n = ${counted(problems, "problem")}`;
  if (known.every(({ value: share }) => isTie(share, 0)))
    return `All latents together bring ${figureOf(total)} to the share of right answers, and no latent has a Shapley share other than 0 (${n}).`;
  const latents = most.map(({ latent }) => latent);
  const who =
    latents.length === 1
      ? `latent ${latents[0]} has the largest exact Shapley share`
      : `latents ${latents.join(", ")} have the largest exact Shapley share each`;
  return `Of the share of right answers that all latents together bring (${figureOf(total)}), ${who}: ${figureOf(first)} (${n}).${pairSentence(pairs)}`;
}

function pairSentence(pairs: LatentShares["pairs"]): string {
  const [strongestPair] = pairs;
  if (strongestPair?.interval.kind !== "value") return "";
  const { interval, latents } = strongestPair;
  if (isTie(interval.value, 0)) return " No pair has an interaction other than 0.";
  const same = pairs.filter(
    (each) => each.interval.kind === "value" && isTie(Math.abs(each.interval.value), Math.abs(interval.value)),
  ).length;
  const ties = same === 1 ? "" : ` (and ${same - 1} more of that size)`;
  const meaning = crosses(interval)
    ? "the interval contains 0, so none is shown"
    : interval.value < 0
      ? "each can stand in for the other"
      : "they need each other";
  return ` The pair with the largest interaction is latents ${latents.join(" and ")}${ties}: ${figureOf(interval)} (${meaning}; picked out of all pairs, so exploratory).`;
}

// The same sums in another order differ by rounding.
function isTie(a: number, b: number): boolean {
  return Math.abs(a - b) < 1e-9;
}

function budgetSentence(all: readonly StudyCondition[]): string {
  const conditions = all.filter((each) => !isUntrained(each));
  const [none] = conditions;
  const isLoss = ({ mcnemarHolm, riskDifference }: StudyCondition): boolean =>
    mcnemarHolm.kind === "value" && mcnemarHolm.p < 0.05 && riskDifference.kind === "value" && riskDifference.value < 0;
  const losses = conditions.filter(isLoss).map(({ factors }) => Number(factors["visible"]));
  const start =
    none === undefined ? "" : `With no latent to read ${none.right.count} of ${none.right.n} answers are right. `;
  return `${start}${lossSentence(losses, conditions)}${untrainedSentence(all.filter(isUntrained))}`;
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
  if (most === undefined) return `No baseline was right: nothing can break. ${changeSentence(conditions)}`;
  return `${breakingSentence(conditions, most)} ${changeSentence(conditions)}`;
}

function breakingSentence(conditions: readonly StudyCondition[], most: StudyCondition): string {
  const { count, n, rate } = most.broken;
  const of = conditions.length === 1 ? "the one condition" : `any of ${conditions.length} conditions`;
  if (count === 0) return `No right answer breaks under ${of} (n = ${largest(conditions, ({ broken }) => broken.n)}).`;
  const same = conditions.filter(({ broken }) => broken.rate.kind === "value" && value(broken.rate) === value(rate));
  const interval = rate.kind === "value" && rate.low !== null && rate.high !== null ? span(rate.low, rate.high) : "";
  const who =
    same.length === 1
      ? `“${most.condition}” breaks the most answers`
      : `“${most.condition}” and ${same.length - 1} more condition${same.length === 2 ? "" : "s"} break the most answers, each`;
  return `${who}: ${count} of ${n}, 95 % Wilson ${interval}.`;
}

/** By the same tests as the table, of those conditions that could be tested. */
function changeSentence(conditions: readonly StudyCondition[]): string {
  const tested = conditions.filter(({ mcnemarHolm }) => mcnemarHolm.kind === "value").length;
  const changed = conditions.filter(({ mcnemarHolm }) => mcnemarHolm.kind === "value" && mcnemarHolm.p < 0.05).length;
  const n = `n = ${counted(largestN(conditions), "problem")}`;
  if (tested === 0) return `No condition changes whether an answer is right (${n}), so nothing can be tested.`;
  const over = `McNemar, Holm-adjusted over the ${counted(tested, "condition")} with a changed answer; ${n}`;
  if (changed === 0) return `No change of the share of right answers is shown (${over}).`;
  return `${changed} of ${counted(conditions.length, "condition")} ${changed === 1 ? "is" : "are"} shown to change the share of right answers (${over}).`;
}

function largestN(conditions: readonly StudyCondition[]): number {
  return largest(conditions, ({ right }) => right.n);
}

function largest(conditions: readonly StudyCondition[], of: (condition: StudyCondition) => number): number {
  return conditions.reduce((most, each) => Math.max(most, of(each)), 0);
}

function isOfStrongest(sentence: string): boolean {
  return /\{(?:condition|broken|share|interval)\}/.test(sentence);
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
