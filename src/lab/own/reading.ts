/** Reads a question as the embedded model's kind of problem: each sentence, and the running total after each step. */

import { BOXES, END, ITEMS, MOST_STEPS, NAMES, NUMBERS, STARTS, STEPS, type Step } from "./grammar.js";

/** A sentence of the question. */
export interface ReadSentence {
  readonly text: string;
  /** Is it one of the sentences of the training problems, at a place where it may stand? */
  readonly isKnown: boolean;
}

/** What could be read of a question. */
export interface QuestionReading {
  readonly sentences: readonly ReadSentence[];
  /** The running total after each step, the last one being the answer; null where the question is of another kind. */
  readonly totals: readonly number[] | null;
  /** Why it is of another kind, as one sentence; null where it is not. */
  readonly trouble: string | null;
}

interface Found {
  readonly step: Step;
  readonly name: string | undefined;
  readonly item: string | undefined;
  readonly a: number;
  readonly b: number;
}

/** Reads a question; nothing is thrown. */
export function readQuestion(question: string): QuestionReading {
  const texts = question.trim() === "" ? [] : question.trim().split(/(?<=[.?!])\s+/);
  const found = texts.map((text, place) => matching(text, placeOf(place, texts.length)));
  const sentences = texts.map((text, place) => ({ text, isKnown: found[place] !== null }));
  const other = (trouble: string): QuestionReading => ({ sentences, totals: null, trouble });
  if (texts.length === 0) return other("There is no question yet.");
  if (texts.length < 2) return other("A problem has a start, steps, and a question at its end.");
  const strange = found.indexOf(null);
  if (strange >= 0) return other(`Sentence ${strange + 1} is not one of the training problems' sentences.`);
  const parts = found.filter((each) => each !== null);
  const names = new Set(parts.flatMap(({ name }) => name ?? []));
  if (names.size > 1) return other(`A problem is about one person, this one about ${[...names].join(" and ")}.`);
  const items = new Set(parts.flatMap(({ item }) => item ?? []));
  if (items.size > 1) return other(`A problem counts one kind of thing, this one ${[...items].join(" and ")}.`);
  return totalsOf(parts.slice(0, -1), sentences);
}

function totalsOf(parts: readonly Found[], sentences: readonly ReadSentence[]): QuestionReading {
  const other = (trouble: string): QuestionReading => ({ sentences, totals: null, trouble });
  const [start] = parts;
  const totals: number[] = [];
  let total = start?.b ?? 0;
  for (const [place, { step, a, b }] of parts.entries()) {
    for (const bounds of [
      [a, step.a],
      [b, step.b],
    ] as const) {
      const [number, [least, most] = [number, number]] = bounds;
      if (number < least || number > most)
        return other(`Sentence ${place + 1} has ${number}; in training that number was from ${least} to ${most}.`);
    }
    for (const next of step.totals(total, { a, b })) {
      total = next;
      totals.push(next);
    }
    if (!Number.isInteger(total) || total < 0 || total > NUMBERS.mostTotal)
      return other(
        `After sentence ${place + 1} there are ${total}; in training that was a whole number from 0 to ${NUMBERS.mostTotal}.`,
      );
  }
  if (totals.length === 0) return other("A problem has at least one step.");
  if (totals.length > MOST_STEPS)
    return other(`The problem has ${totals.length} steps; in training there were at most ${MOST_STEPS}.`);
  return { sentences, totals, trouble: null };
}

type Place = "start" | "middle" | "end";

function placeOf(place: number, count: number): Place {
  if (place === 0) return "start";
  return place === count - 1 ? "end" : "middle";
}

const LAST: Step = { template: END, totals: () => [] };

function matching(text: string, place: Place): Found | null {
  const steps = place === "start" ? STARTS : place === "end" ? [LAST] : STEPS;
  for (const step of steps) {
    const match = patternOf(step.template).exec(text);
    if (match === null) continue;
    const { n, it, a, b } = match.groups ?? {};
    return { step, name: n, item: it, a: Number(a ?? 0), b: Number(b ?? 0) };
  }
  return null;
}

const PARTS: Readonly<Record<string, string>> = {
  n: NAMES.join("|"),
  it: ITEMS.join("|"),
  box: BOXES.join("|"),
  a: "[1-9]\\d?",
  b: "[1-9]\\d?",
};
const patterns = new Map<string, RegExp>();

function patternOf(template: string): RegExp {
  const known = patterns.get(template);
  if (known !== undefined) return known;
  const source = template
    .replace(/[.?]/g, "\\$&")
    .replace(/\{(\w+)\}/g, (_, part: string) => `(?<${part}>${PARTS[part] ?? ""})`);
  const made = new RegExp(`^${source}$`);
  patterns.set(template, made);
  return made;
}
