/** Reads the number out of an answer, as the reference does. */

import type { Tokenizer } from "../tokenizer/tokenizer.js";

/** The number of an answer, or why there is none. `start` and `end` are character places of the number in the text. */
export type ParsedAnswer =
  | {
      readonly kind: "number";
      readonly value: number;
      readonly text: string;
      readonly start: number;
      readonly end: number;
    }
  | { readonly kind: "none"; readonly reason: "empty answer" | "no number in answer" };

const NUMBER = String.raw`[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?`;
const AFTER_HASHES = new RegExp(String.raw`####\s*\$?\s*(${NUMBER})`, "d");
const AFTER_WORD = new RegExp(String.raw`\b(?:answer|total|result)\b(?:\s*(?:is|:|=|\$))*\s*(${NUMBER})`, "di");
const ANY = new RegExp(NUMBER, "g");

/** Number after `####`; else after `answer`, `total` or `result`; else the last number. */
export function parseAnswer(text: string): ParsedAnswer {
  if (text.trim() === "") return { kind: "none", reason: "empty answer" };
  for (const pattern of [AFTER_HASHES, AFTER_WORD]) {
    const match = pattern.exec(text);
    const [start, end] = match?.indices?.[1] ?? [];
    if (start !== undefined && end !== undefined) return numberAt(text, start, end);
  }
  const last = [...text.matchAll(ANY)].at(-1);
  return last === undefined
    ? { kind: "none", reason: "no number in answer" }
    : numberAt(text, last.index, last.index + last[0].length);
}

function numberAt(text: string, start: number, end: number): ParsedAnswer {
  const found = text.slice(start, end);
  const value = parseNumber(found);
  return value === null
    ? { kind: "none", reason: "no number in answer" }
    : { kind: "number", value, text: found, start, end };
}

/** Reads "1,200", "$18", "-3", "18.0"; null for anything else, and for numbers beyond double precision. */
export function parseNumber(text: string): number | null {
  const plain = text.trim().replace(/^([-+]?)\s*\$\s*/, "$1");
  if (!/^[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?$/.test(plain) || !/\d/.test(plain)) return null;
  const value = Number(plain.replaceAll(",", ""));
  return Number.isFinite(value) ? value : null;
}

/** Right when it differs from the expected number by less than 0.01. */
export function isCorrect(predicted: number, expected: number): boolean {
  return Math.abs(predicted - expected) < 0.01;
}

/** The token that holds character `start` of the decoded answer. */
export function tokenAt(tokenizer: Tokenizer, ids: readonly number[], start: number): number | null {
  const place = ids.findIndex((_, i) => tokenizer.decode(ids.slice(0, i + 1), { skipSpecial: true }).length > start);
  return place < 0 ? null : place;
}
