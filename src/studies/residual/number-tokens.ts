/** Tokens that could stand where a number's token stands. */

import type { CodiModel } from "../../model/latent/codi-model.js";

const known = new WeakMap<CodiModel, ReadonlyMap<string, readonly number[]>>();

/** @returns all other tokens that are digits with the same blanks before them; ids in order. */
export function numberTokensLike(model: CodiModel, token: number): number[] {
  const groups = known.get(model) ?? groupsOf(model);
  known.set(model, groups);
  const own = blanksBefore(model.tokenizer.tokenText(token));
  return (own === null ? [] : (groups.get(own) ?? [])).filter((id) => id !== token);
}

// A vocabulary has up to some 128,000 tokens: it is gone through once a model.
function groupsOf({ tokenizer, config }: CodiModel): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  for (let id = 0; id < config.vocabSize; id++) {
    const blanks = blanksBefore(tokenizer.tokenText(id));
    if (blanks !== null) groups.set(blanks, [...(groups.get(blanks) ?? []), id]);
  }
  return groups;
}

/** The blanks before a token of digits; null for any other. */
function blanksBefore(text: string): string | null {
  return /^(\s*)\d+$/.exec(text)?.[1] ?? null;
}
