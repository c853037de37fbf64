/** The numbers that a question states: in digits, as words, and implied by words such as `doubles` and `half`. */

import type { Sign } from "./equation.js";

/** One mention. */
export interface QuestionNumber {
  readonly value: number;
  /** Implied by a word for an operation: it is the factor of ×, or the divisor of ÷, and nothing else. */
  readonly only: Sign | null;
  /** Place of its sentence where that speaks of `each`: × is then the likelier of two readings. Null elsewhere. */
  readonly each: number | null;
}

const COUNTS = "zero one two three four five six seven eight nine ten eleven twelve".split(" ");
const NAMES: Readonly<Record<string, number>> = {
  ...Object.fromEntries(COUNTS.map((name, value) => [name, value])),
  dozen: 12,
  dozens: 12,
  twenty: 20,
  thirty: 30,
  forty: 40,
  fifty: 50,
  sixty: 60,
  hundred: 100,
  percent: 100,
  "%": 100,
};

const IMPLIED: readonly (readonly [sign: Sign, value: number, words: string])[] = [
  ["×", 2, "double doubles doubled doubling twice"],
  ["×", 3, "triple triples tripled thrice"],
  ["×", 4, "quadruple quadruples quadrupled"],
  ["÷", 2, "half halves halved"],
  ["÷", 3, "third thirds"],
  ["÷", 4, "quarter quarters fourth"],
  ["÷", 5, "fifth"],
];
const OPERATIONS = new Map(
  IMPLIED.flatMap(([only, value, words]) => words.split(" ").map((word) => [word, { only, value }] as const)),
);

const SENTENCE = /[^.?!]+(?:[.?!](?=\d)[^.?!]+)*[.?!]*/g;
const WORD = /\d[\d,]*(?:\.\d+)?|[a-z]+|%/gi;
const EACH = /\b(?:each|every|per|apiece)\b/i;

/**
 * @returns mentions in the order of the text.
 * @example
 * ```ts
 * questionNumbers("Tom has 3 pens. Then Tom doubles the pens.").map(({ value }) => value); // → [ 3, 2 ]
 * ```
 */
export function questionNumbers(question: string): QuestionNumber[] {
  return [...question.matchAll(SENTENCE)].flatMap(([sentence], place) => {
    const each = EACH.test(sentence) ? place : null;
    return [...sentence.matchAll(WORD)].flatMap(([word]) => {
      const found = numberOf(word.toLowerCase());
      return found === null ? [] : [{ ...found, each }];
    });
  });
}

function numberOf(word: string): Omit<QuestionNumber, "each"> | null {
  if (/^\d/.test(word)) return { value: Number(word.replaceAll(",", "")), only: null };
  const value = NAMES[word];
  return value === undefined ? (OPERATIONS.get(word) ?? null) : { value, only: null };
}
