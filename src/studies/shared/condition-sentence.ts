/** A study's answer in words; what is uncertain says so. */

import { counted, endsOf, signed, span, TOO_FEW } from "../../exhibits/number-text.js";
import type { Estimate } from "../../statistics/estimate.js";
import type { StudyCondition } from "../finding.js";
import type { StudyStory } from "../story.js";

/** What the sentence is of. */
export interface SentenceParts {
  readonly story: Pick<StudyStory, "sentence">;
  /** What conditions that are no controls show. */
  readonly effect: (conditions: readonly StudyCondition[]) => string;
}

/** @returns a few sentences with intervals and n; the last is of the control, where the study has one. */
export function sentenceOf(all: readonly StudyCondition[], { story, effect }: SentenceParts): string {
  const conditions = all.filter(({ isControl }) => !isControl);
  const { sentence } = story;
  // What stands out where nothing breaks is nothing.
  const isTold = sentence !== undefined && !(isOfStrongest(sentence) && !(mostBroken(conditions)?.broken.count ?? 0));
  return [
    isTold ? filled(sentence, conditions) : effect(conditions),
    ...controlSentence(all.filter(({ isControl }) => isControl)),
  ].join(" ");
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

/** The condition that breaks the most answers, and how many conditions are shown to change the share right. */
export function strongestSentence(conditions: readonly StudyCondition[]): string {
  const most = mostBroken(conditions);
  if (most === undefined) return `No baseline was right: nothing can break. ${changeSentence(conditions)}`;
  return `${breakingSentence(conditions, most)} ${changeSentence(conditions)}`;
}

function breakingSentence(conditions: readonly StudyCondition[], most: StudyCondition): string {
  const { count, n, rate } = most.broken;
  const of = conditions.length === 1 ? "the one condition" : `any of ${conditions.length} conditions`;
  if (count === 0) return `No right answer breaks under ${of} (n = ${largest(conditions, ({ broken }) => broken.n)}).`;
  const same = conditions.filter(({ broken }) => broken.rate.kind === "value" && value(broken.rate) === value(rate));
  const ends = rate.kind === "value" ? endsOf(rate) : null;
  const who =
    same.length === 1
      ? `“${most.condition}” breaks the most answers`
      : `“${most.condition}” and ${same.length - 1} more condition${same.length === 2 ? "" : "s"} break the most answers, each`;
  return `${who}: ${count} of ${n}${ends === null ? `, too few to say more` : `, 95 % Wilson ${span(...ends)}`}.`;
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

/** The largest number of problems of any condition. */
export function largestN(conditions: readonly StudyCondition[]): number {
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
  const ends = endsOf(most.broken.rate);
  return {
    condition: most.condition,
    broken: String(most.broken.count),
    n: String(most.broken.n),
    share: signed(most.broken.rate.value),
    interval: ends === null ? TOO_FEW : span(...ends),
  };
}

function mostBroken(conditions: readonly StudyCondition[]): StudyCondition | undefined {
  const known = conditions.filter(({ broken }) => broken.rate.kind === "value");
  return [...known].sort((a, b) => value(b.broken.rate) - value(a.broken.rate))[0];
}

function value(estimate: Estimate): number {
  return estimate.kind === "value" ? estimate.value : -1;
}
