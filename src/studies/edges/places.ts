/** The places of a pair's sequence: every position belongs to one. */

import { range } from "../../base/range.js";
import { parseAddress } from "../../model/hooks/address.js";
import type { CodiModel } from "../../model/latent/codi-model.js";
import type { Pair } from "../patching/pairs.js";

/** Positions that are taken together. */
export interface Place {
  readonly name: string;
  /** As numbers in the sequence. */
  readonly positions: readonly number[];
}

/** The whole sequence up to where the two answers part, under the names that patches have. */
export function placesOf(
  { codi }: Pick<CodiModel, "codi">,
  { clean, changed, parts }: Pick<Pair, "clean" | "changed" | "parts">,
): Place[] {
  const { layout } = clean;
  const positionsOf = (...addresses: string[]): number[] =>
    addresses.flatMap((address) => layout.indicesOf(parseAddress(address)));
  const question = range(layout.parts.question);
  const first = changed[0] ?? question.length;
  return [
    { name: "number", positions: changed },
    { name: "question before it", positions: question.filter((i) => i < first) },
    { name: "question after it", positions: question.filter((i) => i > first && !changed.includes(i)) },
    ...(layout.parts.bot === 0 ? [] : [{ name: "bot", positions: positionsOf("bot") }]),
    ...range(codi.numLatents).map((k) => ({ name: `latent.${k}`, positions: positionsOf(`latent.${k}`) })),
    { name: "eot", positions: positionsOf("eot") },
    { name: "answer", positions: positionsOf(...range(parts).map((i) => `answer.${i}`)) },
  ].filter(({ positions }) => positions.length > 0);
}

/** How many positions they have. */
export function lengthOf(places: readonly Place[]): number {
  return places.reduce((sum, { positions }) => sum + positions.length, 0);
}
