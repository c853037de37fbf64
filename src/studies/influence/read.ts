/** Reads the derivatives of baselines, question by question: what is computed together does not depend on the batch. */

import type { CodiModel } from "../../model/latent/codi-model.js";
import { protocolOf } from "../../model/latent/protocols/index.js";
import type { Kept } from "../fields.js";
import type { ReadContext } from "../read-context.js";
import { cutChanges } from "./cuts.js";
import { exactNorms } from "./exact.js";
import { iteratedNorms } from "./iterated.js";
import type { Influence, InfluenceNorms, PairMap } from "./record.js";
import { story } from "./story.js";

/** A problem's derivatives differ little from another's, and each takes hundreds of backward passes. */
export const MOST_PROBLEMS = 24;
/** Up to this width whole Jacobians cost no more than power iteration does. */
export const EXACT_UP_TO = 128;

/** @returns nothing for a run that failed, and for problems beyond the first ones of the sample. */
export async function readInfluences({ model, runs, facts }: ReadContext): Promise<(Kept | null)[]> {
  const kept: (Kept | null)[] = [];
  for (const { result, index, problem } of runs)
    kept.push(
      result.failure === null && index < MOST_PROBLEMS && hasPairs(model)
        ? { fields: { kept: { [story.name]: await influenceIn(model, problem.question, facts.seed) } } }
        : null,
    );
  return kept;
}

/** Does a latent's input depend on an earlier one's? */
function hasPairs({ codi, protocol }: CodiModel): boolean {
  const { feedback } = protocolOf(protocol);
  return codi.numLatents > 1 && (feedback === "projection" || feedback === "identity");
}

/** @param how default: by the model's width. */
export async function influenceIn(
  model: CodiModel,
  question: string,
  seed: number,
  how: Influence["how"] = model.config.dModel <= EXACT_UP_TO ? "exact" : "iterated",
): Promise<Influence> {
  const { total, direct } =
    how === "exact" ? await exactNorms(model, question) : await iteratedNorms(model, question, seed);
  return {
    width: model.config.dModel,
    how,
    total: rounded(total),
    direct: rounded(direct),
    cut: digits(await cutChanges(model, question)),
  };
}

function rounded({ frobenius, spectral }: InfluenceNorms): InfluenceNorms {
  return { frobenius: digits(frobenius), spectral: digits(spectral) };
}

function digits(map: PairMap): PairMap {
  return map.map((row) => row.map((value) => (value === null ? null : Number(value.toPrecision(5)))));
}
