/** What a study did, in a sentence or two with citations. */

import { PENALTIES } from "../../statistics/linear-probe.js";
import { isUntrained } from "../../studies/budget/untrained.js";
import type { LegacyStudy } from "../../studies/finding.js";
import { FOLDS, type LayerProbe, SHUFFLES } from "../../studies/lens/probes.js";

const KNOCKOUTS = new Set(["question-to-latent", "latent-to-latent", "budget"]);

/** @returns an empty text for a study with nothing but conditions. */
export function studyMethod({ name, conditions, shares, lens, layerLens, patching }: LegacyStudy): string {
  return [
    ...(KNOCKOUTS.has(name)
      ? [`Attention edges were cut and the rest of the row renormalised (attention knockout [@geva2023]).`]
      : []),
    ...(name === "budget" && conditions.some(isUntrained)
      ? ["Levels beyond the trained number of latents ran the latent loop that often, which training never did."]
      : []),
    ...(shares === null
      ? []
      : [
          `Exact Shapley values [@shapley1953] and interactions [@grabisch1999] of the share of right answers over all subsets, on the ${shares.problems} problems that have them all.`,
        ]),
    ...(lens === null
      ? []
      : [
          `States of the clean run went through final norm and head (logit lens [@nostalgebraist2020]) on ${lens.problems} problems; control: values of other problems.`,
        ]),
    ...(layerLens === undefined
      ? []
      : [
          `Linear probes [@alain2016] (ridge, penalty by nested folds from ${PENALTIES[0]} to ${PENALTIES.at(-1)} times the features' mean sum of squares, ${FOLDS} folds of whole problems) give held-out R², the median over ${drawsOf(layerLens.probes)} draws of the folds; control: labels shuffled ${SHUFFLES} times under the median draw [@hewitt2019].`,
        ]),
    ...(layerLens?.tuned.kind !== "value"
      ? []
      : [
          `The tuned lens [@belrose2023] is an affine translator from each layer's states to the last layer's, fitted by ridge regression instead of on the KL, held out by ${layerLens.tuned.folds} folds of whole problems; control: the last states of other problems.`,
        ]),
    ...(patching === undefined
      ? []
      : [
          `Activations of the same question with one number changed were written in, block by block and position by position, and the other way round (activation patching [@meng2022; @zhang2024]), on ${patching.pairs} pairs${dropped(patching.dropped)}; the effect is the share of the logit difference of the two answers that moved.`,
        ]),
  ].join(" ");
}

/** `11`, or `5 or 11` where steps differ in how many problems have them. */
function drawsOf(probes: readonly LayerProbe[]): string {
  const counts = new Set(probes.flatMap(({ draws }) => (draws === null ? [] : [draws.r2.length])));
  return counts.size === 0 ? "several" : [...counts].sort((a, b) => a - b).join(" or ");
}

function dropped(reasons: readonly { readonly count: number }[]): string {
  const count = reasons.reduce((sum, each) => sum + each.count, 0);
  return count === 0 ? "" : ` (${count} dropped)`;
}
