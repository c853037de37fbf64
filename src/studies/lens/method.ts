/** How the study `lens` is described in methods. */

import { PENALTIES } from "../../statistics/linear-probe.js";
import type { LayerLensSummary } from "./layers.js";
import { FOLDS, hasProbes, type LayerProbe, SHUFFLES } from "./probes.js";
import type { LensMap } from "./summary.js";

/** What was read and fitted. */
export function methodOf({ problems }: LensMap, layers: LayerLensSummary | null): string {
  return [
    `States of the clean run went through final norm and head (logit lens [@nostalgebraist2020]) on ${problems} problems; control: values of other problems.`,
    ...(layers === null || !hasProbes(layers.probes)
      ? []
      : [
          `Linear probes [@alain2016] (ridge, penalty by nested folds from ${PENALTIES[0]} to ${PENALTIES.at(-1)} times the features' mean sum of squares, ${FOLDS} folds of whole problems) give held-out R², the median over ${drawsOf(layers.probes)} draws of the folds; control: labels shuffled ${SHUFFLES} times under the median draw [@hewitt2019].`,
        ]),
    ...(layers?.tuned.kind !== "value"
      ? []
      : [
          `The tuned lens [@belrose2023] is an affine translator from each layer's states to the last layer's, fitted by ridge regression instead of on the KL, held out by ${layers.tuned.folds} folds of whole problems; control: the last states of other problems.`,
        ]),
  ].join(" ");
}

/** `11`, or `5 or 11` where steps differ in how many problems have them. */
function drawsOf(probes: readonly LayerProbe[]): string {
  const counts = new Set(probes.flatMap(({ draws }) => (draws === null ? [] : [draws.r2.length])));
  return counts.size === 0 ? "several" : [...counts].sort((a, b) => a - b).join(" or ");
}
