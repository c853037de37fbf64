/** Reading of the study `verified`: the numbers among the head's first choices, out of the lens that every baseline has. */

import type { CodiModel } from "../../model/latent/codi-model.js";
import type { Kept, StudyFields } from "../fields.js";
import type { CleanRun, ReadContext } from "../read-context.js";
import { tokensOf } from "../shared/number-tokens.js";
import type { NamedNumbers } from "./record.js";
import { story } from "./story.js";

/** `NamedNumbers`, as JSON. */
type KeptNumbers = NonNullable<StudyFields["kept"]>[string];

/** Takes the lens of the batch's baselines; the model computes nothing. */
export async function readNumbers({ model, runs }: ReadContext): Promise<Kept[]> {
  return runs.map((run) => ({ fields: { kept: { [story.name]: numbersOf(model, run) } } }));
}

function numbersOf(model: CodiModel, { problem, result: { lens } }: CleanRun): KeptNumbers {
  const { equations = [], steps = [] } = problem;
  const known = steps.filter((step) => step !== null);
  const kept = {
    positions: lens.map(({ at }) => at),
    numbers: lens.map(({ top }) => wholeNumbers(top.map(({ text }) => text))),
    choices: Math.max(0, ...lens.map(({ top }) => top.length)),
    solution: [...equations],
    unsaid: [...new Set(known.filter((value) => tokensOf(model, value).length === 0))],
  };
  return kept satisfies NamedNumbers;
}

/** A number may be there with and without a blank before it; the better rank counts. */
function wholeNumbers(texts: readonly string[]): [value: number, rank: number][] {
  const ranks = new Map<number, number>();
  for (const [place, text] of texts.entries()) {
    const plain = text.trim();
    if (/^\d+$/.test(plain) && !ranks.has(Number(plain))) ranks.set(Number(plain), place + 1);
  }
  return [...ranks];
}
