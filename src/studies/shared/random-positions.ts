/** Positions of a question drawn at random: the control of what is cut on purpose. */

import { hashText } from "../../base/hash-text.js";
import { range } from "../../base/range.js";

/**
 * @param tokens texts of the question's positions; the first is BOS and is never drawn.
 * @param salt what else tells one draw from another.
 * @returns so many positions in ascending order, fewer where there are not enough; the same for the same tokens and salt.
 */
export function randomPositions(tokens: readonly string[], count: number, salt: string): number[] {
  const all = range(tokens.length).slice(1);
  let state = hashText(`${salt}|${tokens.join("\u0000")}`);
  const drawn: number[] = [];
  while (drawn.length < count && all.length > 0) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    drawn.push(...all.splice(Math.floor((state / 2 ** 32) * all.length), 1));
  }
  return drawn.sort((a, b) => a - b);
}

/** `question.3+question.5` as a knockout names its keys. */
export function asKeys(positions: readonly number[]): string {
  return positions.map((i) => `question.${i}`).join("+");
}
