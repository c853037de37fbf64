/** KL at the answer's first token, where the original study measured it, and why it is near 0. */

import { counted, small } from "../../exhibits/number-text.js";
import type { Estimate } from "../../statistics/estimate.js";
import { meanEstimate } from "../../statistics/mean-estimate.js";
import { mean } from "../../statistics/pearson.js";
import type { StudyCondition } from "../finding.js";
import { fieldOf, type StudyRecord, type StudyRow } from "../shared/rows.js";

/** What happens where the answer's first token is predicted. */
export interface FirstToken {
  /** KL from the baseline, nats. */
  readonly kl: number | null;
  /** Whether it is the baseline's own. */
  readonly isSame: boolean;
  /** Its text in the baseline, and its probability there. */
  readonly text: string;
  readonly probability: number;
}

/** A row, with what happens at the answer's first token where it was recorded. */
export interface FirstTokenRow extends StudyRow {
  readonly first?: FirstToken;
}

/** A condition, with KL at the answer's first token where it was recorded. */
export interface FirstTokenCondition extends StudyCondition {
  readonly klAtFirst?: Estimate;
}

/** @returns what a record says of it; nothing in older ones. */
export function firstTokenOf(record: StudyRecord, baseline: StudyRecord): Pick<FirstTokenRow, "first"> {
  const [first] = tokensOf(baseline);
  const kl = fieldOf<{ readonly klAtFirst?: number | null }>(record, "measures")?.klAtFirst;
  if (kl === undefined || first === undefined) return {};
  const { text, id, logProb } = first;
  return { first: { kl, isSame: tokensOf(record)[0]?.id === id, text, probability: Math.exp(logProb) } };
}

interface AnswerToken {
  readonly id: number;
  readonly text: string;
  readonly logProb: number;
}

function tokensOf(record: StudyRecord): readonly AnswerToken[] {
  return fieldOf<{ readonly tokens: readonly AnswerToken[] }>(record, "answer")?.tokens ?? [];
}

/** @param rows of one condition. @returns nothing where it was not recorded. */
export function klAtFirst(rows: readonly FirstTokenRow[], seed: number): Pick<FirstTokenCondition, "klAtFirst"> {
  const known = firstTokens(rows);
  if (known.length === 0) return {};
  return {
    klAtFirst: meanEstimate(
      known.flatMap(({ kl }) => kl ?? []),
      seed,
    ),
  };
}

/** @returns what is found there beside what is found at the number; empty where it was not recorded. */
export function firstTokenSentence(conditions: readonly FirstTokenCondition[], rows: readonly FirstTokenRow[]): string {
  const known = firstTokens(rows);
  const [largest] = conditions
    .flatMap((each) => (each.klAtFirst?.kind === "value" ? [{ ...each, first: each.klAtFirst }] : []))
    .sort((a, b) => b.first.value - a.first.value);
  if (largest === undefined) return "";
  const { first, kl, condition } = largest;
  const start = " The original study measured KL where the answer's first token is predicted:";
  if (first.value === 0) return `${start} its mean over problems is there 0 under every condition.`;
  const atNumber = kl.kind === "value" ? ` (at the number ${small(kl.value)})` : "";
  const same = known.filter(({ isSame }) => isSame).length;
  const probability = mean(known.map((each) => each.probability)).toFixed(3);
  const begun =
    same === known.length
      ? `Every one of ${counted(known.length, "run")} begins as its baseline does`
      : `${same} of ${counted(known.length, "run")} begin as their baseline does`;
  // Only then does the token tell nothing of what was corrupted.
  const isBlind = same === known.length && kl.kind === "value" && first.value < kl.value;
  const why = isBlind ? ": that token says how answers begin, and what was corrupted comes after it" : "";
  return `${start} its mean over problems is there at most ${small(first.value)} nats${atNumber}, under “${condition}”. ${begun}, with ${wordsOf(known)}, to which the baseline gives a probability of ${probability} on average${why}.`;
}

function firstTokens(rows: readonly FirstTokenRow[]): FirstToken[] {
  return rows.flatMap(({ first }) => first ?? []);
}

function wordsOf(known: readonly FirstToken[]): string {
  const words = [...new Set(known.map(({ text }) => `“${text.trim()}”`))];
  return words.length <= 2 ? words.join(" or ") : `one of ${words.length} tokens`;
}
