/** Reads the derivatives of baselines, question by question: what is computed together does not depend on the batch. */

import type { DecoderConfig } from "../../model/decoder/config.js";
import type { CodiModel } from "../../model/latent/codi-model.js";
import type { CodiConfig } from "../../model/latent/config.js";
import { protocolOf } from "../../model/latent/protocols/index.js";
import type { AnyProtocol } from "../../model/latent/protocols/names.js";
import type { Kept } from "../fields.js";
import type { ReadContext } from "../read-context.js";
import { isRead } from "../shared/spread.js";
import { cutChanges } from "./cuts.js";
import { directJacobians, exactNorms } from "./exact.js";
import { iteratedNorms } from "./iterated.js";
import type { Influence, InfluenceNorms, PairMap } from "./record.js";
import { story } from "./story.js";

/** Up to this width whole Jacobians cost no more than power iteration does. */
const EXACT_UP_TO = 128;
/** Problems that are read: whole Jacobians take hundreds of ways back each, and power iteration is for models of which each way back is long. */
export const MOST_PROBLEMS = { exact: 24, iterated: 8 } as const;

/** @returns nothing for a run that failed, and for problems that are not read. */
export async function readInfluences({ model, runs, facts }: ReadContext): Promise<(Kept | null)[]> {
  const how = howFor(model.config);
  const kept: (Kept | null)[] = [];
  for (const { result, index, problem } of runs)
    kept.push(
      result.failure === null &&
        hasPairs(model.protocol, model.codi) &&
        isRead(index, { ...facts, most: MOST_PROBLEMS[how] })
        ? { fields: { kept: { [story.name]: await influenceIn(model, problem.question, { seed: facts.seed, how }) } } }
        : null,
    );
  return kept;
}

/** Whole Jacobians, or power iteration. */
export function howFor({ dModel }: Pick<DecoderConfig, "dModel">): Influence["how"] {
  return dModel <= EXACT_UP_TO ? "exact" : "iterated";
}

/** Does a latent's input depend on an earlier one's? */
export function hasPairs(protocol: AnyProtocol, { numLatents }: Pick<CodiConfig, "numLatents">): boolean {
  const { feedback } = protocolOf(protocol);
  return numLatents > 1 && (feedback === "projection" || feedback === "identity");
}

/** One problem's norms, and what cutting attention does beside them. */
export async function influenceIn(
  model: CodiModel,
  question: string,
  { seed, how }: { readonly seed: number; readonly how: Influence["how"] },
): Promise<Influence> {
  const { total, direct } =
    how === "exact"
      ? exactNorms(await directJacobians(model, question))
      : await iteratedNorms(model, question, { seed });
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
