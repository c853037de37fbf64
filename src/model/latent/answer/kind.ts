/** What a problem's answer may be, and what was read of a text. */

import { plainNumber } from "./plain-number.js";

/** Options of a multiple-choice question. */
const LETTERS = ["A", "B", "C", "D", "E"] as const;
/** One of them. */
export type Letter = (typeof LETTERS)[number];
/** What a problem's answer should be; a text that is no letter only where the protocol compares texts. */
export type Expected = number | string | boolean;
/** Sort of answer that is looked for in a text. */
export type AnswerKind = "number" | "letter" | "boolean" | "text";

/** Can this be an expected answer? @param texts may it be any text? Else a letter is the only one. */
export function isExpected(value: unknown, texts = false): value is Expected {
  if (typeof value === "string") return isLetter(value) || (texts && value.trim() !== "");
  return typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value));
}

/** The sort of an expected answer. */
export function kindOf(expected: Expected): AnswerKind {
  if (typeof expected === "number") return "number";
  if (typeof expected === "boolean") return "boolean";
  return isLetter(expected) ? "letter" : "text";
}

/** An expected answer as a text has it: `18`, `B`, `True`; a number without an exponent. */
export function textOf(expected: Expected): string {
  if (typeof expected === "number") return plainNumber(expected);
  if (typeof expected === "string") return expected;
  return expected ? "True" : "False";
}

/** Is the text an option's letter? */
export function isLetter(text: string): text is Letter {
  return (LETTERS as readonly string[]).includes(text);
}

/** Why nothing was read of a text. */
export type NoAnswerReason =
  | "empty answer"
  | "no number in answer"
  | "number beyond double precision"
  | "no letter in answer"
  | "neither True nor False in answer"
  | "no # in answer";

interface Found<Kind extends AnswerKind, Value> {
  readonly kind: Kind;
  readonly value: Value;
  /** As it stands in the text. */
  readonly text: string;
  /** Character places in the text. */
  readonly start: number;
  readonly end: number;
}

/** What was read of a text. */
export type FoundAnswer =
  | Found<"number", number>
  | Found<"letter", Letter>
  | Found<"boolean", boolean>
  | Found<"text", string>;
/** The answer of a text, or why there is none. */
export type ParsedAnswer = FoundAnswer | { readonly kind: "none"; readonly reason: NoAnswerReason };

/** Is it the very answer: an equal float, the same letter, truth value or text? */
export function isSameAnswer(answer: ParsedAnswer, expected: Expected): boolean {
  return answer.kind !== "none" && answer.value === expected;
}

/** A data file's answer as read, or what is wrong with it, as the end of a sentence. */
export type GoldAnswer =
  | { readonly kind: "gold"; readonly value: Expected }
  | { readonly kind: "unreadable"; readonly reason: string };
