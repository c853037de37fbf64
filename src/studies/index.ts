/** The run side of all studies, in the order of the report, and the conditions of a run. */

import { ablation } from "./ablation/study.js";
import { attention } from "./attention/study.js";
import { attribution } from "./attribution/study.js";
import { BASELINE, baseline } from "./baseline/study.js";
import { budget } from "./budget/study.js";
import { controls } from "./controls/study.js";
import { corruption } from "./corruption/study.js";
import { edges } from "./edges/study.js";
import { influence } from "./influence/study.js";
import { latentToLatent } from "./latent-to-latent/study.js";
import { layerMap } from "./layer-map/study.js";
import { lens } from "./lens/study.js";
import { patching } from "./patching/study.js";
import { questionToLatent } from "./question-to-latent/study.js";
import { residual } from "./residual/study.js";
import { steering } from "./steering/study.js";
import { conditionsOfStudy, type Study, type StudyCondition, type StudyContext } from "./study.js";
import { subsets } from "./subsets/study.js";
import { subspace } from "./subspace/study.js";
import { tokenAblation } from "./token-ablation/study.js";
import { verified } from "./verified/study.js";

/** The studies that `--study` knows by name. */
export const STUDIES: readonly Study[] = [
  tokenAblation,
  attention,
  ablation,
  layerMap,
  subsets,
  questionToLatent,
  latentToLatent,
  influence,
  lens,
  verified,
  residual,
  corruption,
  budget,
  patching,
  attribution,
  steering,
  subspace,
  edges,
];

/**
 * @returns the named studies, those from outside the package and the controls, in the order of the report.
 * @example
 * ```ts
 * studiesOf(["layer-map"]).map(({ name }) => name); // → [ 'layer-map', 'controls' ]
 * ```
 */
export function studiesOf(names: readonly string[], others: readonly Study[] = [], withControls = true): Study[] {
  const chosen = [...STUDIES, ...others].filter(({ name }) => names.includes(name));
  return withControls ? [...chosen, controls] : chosen;
}

/**
 * @returns baseline first, then the conditions of `studiesOf`. No name appears twice.
 * @example
 * ```ts
 * conditionsOf(["layer-map"], { layer: 8, depth: 16, latents: 6, protocol: "codi" }).length; // → 196
 * ```
 */
export function conditionsOf(
  names: readonly string[],
  context: StudyContext,
  { others = [], withControls = true }: { readonly others?: readonly Study[]; readonly withControls?: boolean } = {},
): StudyCondition[] {
  const studies = studiesOf(names, others, withControls);
  return [BASELINE, ...studies.flatMap((study) => conditionsOfStudy(study, context))];
}

/** @returns what the runs of an experiment are read for: the baseline first, then the named studies. */
export function readStudies(names: readonly string[], others: readonly Study[] = []): Study[] {
  return [baseline, ...studiesOf(names, others, false)];
}
