/** The value of one solution step as it is written: `16`, `16 pens`, `3/4`, `$5`, `50%`. */

import { parseNumber } from "./number.js";

const NUMBER = String.raw`(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?|\.\d+`;
const CURRENCY = "[$€£¥₹]";
const VALUE = new RegExp(
  String.raw`^(?<sign>[-+]?)\s*(?<before>${CURRENCY}?)\s*(?<inner>-?)(?<top>${NUMBER})(?:\s*/\s*(?<bottom>${NUMBER}))?(?<unit>.*)$`,
  "u",
);
const SYMBOL = new RegExp(String.raw`^\s*(?:%|¢|°[CF]?|${CURRENCY})$`, "u");
// Two letters at least: `2x` is a multiple of an unknown, `3k` another number.
const WORDS = /^(?:\s*\/\s*|\s*)\p{L}{2}[\p{L}\s'’./²³-]*$/u;
/** Words that make another number of the one before them, or say that it is not exact. */
const SCALES =
  /\b(?:hundreds?|thousands?|[mbtz]n|[mbtr]illions?|millions?|dozens?|scores?|hal(?:f|ves)|thirds?|quarters?|fourths?|fifths?|sixths?|sevenths?|eighths?|ninths?|tenths?|hundredths?|thousandths?|and|or|more or less|remainder|rem)\b/i;

/**
 * Reads what stands after a step's last `=`.
 *
 * A unit says what is counted and leaves the number as it is written: `16 pens` is 16, `$5` is 5, `50%` is 50 (the lens looks for the token
 * of the number as written, and a solution goes on with `50`). A fraction of whole numbers is read where its decimal ends: `3/4` is 0.75,
 * `1/3` is not read. Everything else is unknown: sums that are not worked out, letters (`2x`), scaled numbers (`2 dozen`, `3 million`).
 *
 * @returns null where the value is unknown.
 */
export function stepValue(text: string): number | null {
  const match = VALUE.exec(text.trim().replaceAll("\u2212", "-"));
  const { sign = "", inner = "", top = "", bottom, unit = "" } = match?.groups ?? {};
  if (match === null || (sign !== "" && inner !== "") || !isUnit(unit, bottom !== undefined)) return null;
  const number = bottom === undefined ? decimal(top) : fraction(top, bottom);
  if (number === null) return null;
  return sign === "-" || inner === "-" ? 0 - number : number;
}

function isUnit(unit: string, ofFraction: boolean): boolean {
  if (unit.trim() === "") return true;
  // Half a per cent cannot be distinguished from half of something as a unit.
  if (SYMBOL.test(unit)) return !ofFraction;
  return WORDS.test(unit) && !SCALES.test(unit) && !/^[xyz]+$/i.test(unit);
}

function decimal(text: string): number | null {
  return parseNumber(text.endsWith(".") ? text.slice(0, -1) : text);
}

function fraction(top: string, bottom: string): number | null {
  const [over, under] = [decimal(top), decimal(bottom)];
  return over === null || under === null ? null : exactQuotient(over, under);
}

/** A quotient of whole numbers; null where it has no last decimal, or the numbers are not whole. */
export function exactQuotient(over: number, under: number): number | null {
  if (!Number.isSafeInteger(over) || !Number.isSafeInteger(under) || under === 0) return null;
  let rest = Math.abs(under / greatestDivisor(over, under));
  for (const prime of [2, 5]) while (rest % prime === 0) rest /= prime;
  return rest === 1 ? over / under : null;
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}
