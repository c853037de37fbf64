/** What a problem's answer is expected to be. */

import { parseNumber } from "../../model/codi/answer.js";

/** @param answer as it stands in the file. @returns null where it is no usable number. */
export function goldOf(answer: string | number | boolean): number | null {
  if (typeof answer === "number") return Number.isFinite(answer) ? answer : null;
  if (typeof answer === "boolean") return null;
  const after = /####\s*(.+?)\s*$/.exec(answer)?.[1];
  return parseNumber(after ?? answer);
}
