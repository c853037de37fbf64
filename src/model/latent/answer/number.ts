/**
 * The careful reading of an answer, which stands beside the protocol's own in every record: one grammar of numbers for answers and for
 * what they are compared with.
 */

import type { Tokenizer } from "../../tokenizer/tokenizer.js";
import { type AnswerKind, isLetter, type ParsedAnswer } from "./kind.js";
import { asciiDigits } from "./python-text.js";

export type { ParsedAnswer } from "./kind.js";

const SIGN = String.raw`[-+\u2212]`;
const CURRENCY = String.raw`\p{Sc}`;
// A point that follows a letter or a digit ends a word or another number: "No.5", "1.2.3".
const BODY = String.raw`(?:\p{Nd}+(?:,\p{Nd}+)*(?:\.\p{Nd}+)?|(?<![\p{L}\p{Nd}_])\.\p{Nd}+)(?:[eE]${SIGN}?\p{Nd}+)?`;
// A sign that follows a letter, a digit or a closing bracket is a hyphen or an operator: "7-5", "x-5".
const ANYWHERE = new RegExp(String.raw`(?:(?<![\p{L}\p{Nd}_.)\]%])${SIGN})?(?:${CURRENCY}\s?${SIGN}?)?${BODY}`, "gu");
const ALONE = new RegExp(String.raw`^${SIGN}?\s*(?:${CURRENCY}\s*${SIGN}?)?\s*${BODY}\.?$`, "u");

/**
 * The last number of a text, with its sign, whatever stands before it; or the letter or truth value that it comes to.
 * @example
 * ```ts
 * const parsed = parseAnswer("The answer is: $1,200.");
 * parsed.kind === "number" && parsed.value; // → 1200
 * ```
 */
export function parseAnswer(text: string, kind: AnswerKind = "number"): ParsedAnswer {
  if (text.trim() === "") return { kind: "none", reason: "empty answer" };
  if (kind === "letter") return letterOf(text);
  if (kind === "boolean") return truthOf(text);
  if (kind === "text") return wordsOf(text);
  const last = [...text.matchAll(ANYWHERE)].at(-1);
  if (last === undefined) return { kind: "none", reason: "no number in answer" };
  const [found] = last;
  const value = parseNumber(found);
  return value === null
    ? { kind: "none", reason: "number beyond double precision" }
    : { kind: "number", value, text: found, start: last.index, end: last.index + found.length };
}

/** Reads "1,200", "$18", "-$5", "−3", ".5", "18.0"; null for anything else, and for numbers beyond double precision. */
export function parseNumber(text: string): number | null {
  const alone = text.trim();
  if (!ALONE.test(alone)) return null;
  const plain = asciiDigits(alone)
    .replaceAll("\u2212", "-")
    .replace(/[^-+.\deE]/g, "");
  const negative = (/^[-+]*/.exec(plain)?.[0] ?? "").replaceAll("+", "").length % 2 === 1;
  const value = Number(plain.replace(/^[-+]*/, "")) * (negative ? -1 : 1);
  return Number.isFinite(value) ? value : null;
}

/**
 * Right when it differs from the expected number by less than 0.01, as the original study has it.
 * @example
 * ```ts
 * isCorrect(17.004, 17); // → true
 * ```
 */
export function isCorrect(predicted: number, expected: number): boolean {
  return Math.abs(predicted - expected) < 0.01;
}

/** The token that holds character `start` of the decoded answer. */
export function tokenAt(tokenizer: Tokenizer, ids: readonly number[], start: number): number | null {
  const place = ids.findIndex((_, i) => tokenizer.decode(ids.slice(0, i + 1), { skipSpecial: true }).length > start);
  return place < 0 ? null : place;
}

/** What follows the last `#`, or the whole, blanks around it off. */
function wordsOf(text: string): ParsedAnswer {
  const from = text.lastIndexOf("#") + 1;
  const found = text.slice(from).trim();
  if (found === "") return { kind: "none", reason: "empty answer" };
  const start = from + text.slice(from).indexOf(found);
  return { kind: "text", value: found, text: found, start, end: start + found.length };
}

const ANNOUNCED = "The answer is:";

/** What follows the last announcement, and where it begins. */
function announced(text: string): { readonly rest: string; readonly from: number } {
  const place = text.lastIndexOf(ANNOUNCED);
  const from = place < 0 ? 0 : place + ANNOUNCED.length;
  return { rest: text.slice(from), from };
}

function letterOf(text: string): ParsedAnswer {
  const { rest, from } = announced(text);
  const match = /^[\s(]*([A-E])(?![\p{L}\p{Nd}_])/u.exec(rest);
  const [whole = "", letter = ""] = match ?? [];
  if (!isLetter(letter)) return { kind: "none", reason: "no letter in answer" };
  const start = from + whole.length - 1;
  return { kind: "letter", value: letter, text: letter, start, end: start + 1 };
}

function truthOf(text: string): ParsedAnswer {
  const { rest, from } = announced(text);
  const first = /^\s*(true|false)\b/i.exec(rest);
  const last = first ?? [...text.matchAll(/\b(true|false)\b/gi)].at(-1);
  const word = last?.[1];
  if (last === undefined || word === undefined) return { kind: "none", reason: "neither True nor False in answer" };
  const end = (first === null ? 0 : from) + last.index + last[0].length;
  return { kind: "boolean", value: word.toLowerCase() === "true", text: word, start: end - word.length, end };
}
