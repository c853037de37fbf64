/** All studies, in the order of the report, and the conditions of a run. */

import { conditionsOfStudy, type Study, type StudyCondition, type StudyContext } from "../study.js";
import { attention } from "./attention.js";
import { budget } from "./budget.js";
import { controls } from "./controls.js";
import { corruption } from "./corruption.js";
import { latentToLatent } from "./latent-to-latent.js";
import { layerMap } from "./layer-map.js";
import { lens } from "./lens.js";
import { questionToLatent } from "./question-to-latent.js";
import { subsets } from "./subsets.js";
import { BASELINE, tokenAblation } from "./token-ablation.js";

/** The studies that `--study` knows by name. The first two always run. */
export const STUDIES: readonly Study[] = [
  tokenAblation,
  attention,
  layerMap,
  subsets,
  questionToLatent,
  latentToLatent,
  lens,
  corruption,
  budget,
];

/** Those that run whatever is asked for. */
export const ALWAYS_RUN: readonly string[] = [tokenAblation.name, attention.name];

/**
 * @param names of `STUDIES` and of `others`.
 * @param others studies from outside the package.
 * @returns the studies that are run for them, with their controls.
 */
export function studiesOf(names: readonly string[], others: readonly Study[] = []): Study[] {
  const chosen = [...STUDIES, ...others].filter(({ name }) => ALWAYS_RUN.includes(name) || names.includes(name));
  return chosen.length > ALWAYS_RUN.length ? [...chosen, controls] : chosen;
}

/** @returns baseline first, then what the named studies add, with their controls. No name appears twice. */
export function conditionsOf(
  names: readonly string[],
  context: StudyContext,
  others: readonly Study[] = [],
): StudyCondition[] {
  return [BASELINE, ...studiesOf(names, others).flatMap((study) => conditionsOfStudy(study, context))];
}
