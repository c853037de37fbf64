/** A number as tokens of its own. */

import { plainNumber } from "../../model/latent/answer/plain-number.js";
import type { CodiModel } from "../../model/latent/codi-model.js";

/** Tokens that say a number whole, with or without a blank before it; none where it takes several. */
export function tokensOf({ tokenizer }: CodiModel, value: number | null): number[] {
  if (value === null) return [];
  const number = plainNumber(value);
  const single = [number, ` ${number}`].map((text) => tokenizer.encode(text)).filter(({ length }) => length === 1);
  return [...new Set(single.flat())].filter((id) => tokenizer.decode([id]).trim() === number);
}
