/** All studies by name, in the order of the report. */

import type { Study, StudyCondition, StudyContext } from "../study.js";
import { budget } from "./budget.js";
import { controls } from "./controls.js";
import { corruption } from "./corruption.js";
import { latentToLatent } from "./latent-to-latent.js";
import { layerMap } from "./layer-map.js";
import { lens } from "./lens.js";
import { questionToLatent } from "./question-to-latent.js";
import { subsets } from "./subsets.js";
import { tokenAblationConditions } from "./token-ablation.js";

/** Studies beside `token-ablation` and `attention`, which always run: all others are read beside them. */
export const STUDIES: readonly Study[] = [
  layerMap,
  subsets,
  questionToLatent,
  latentToLatent,
  lens,
  corruption,
  budget,
];

/**
 * @param names of `STUDY_NAMES`.
 * @returns baseline first, then the token ablations, then what the named studies add, with their controls. No name appears twice.
 */
export function conditionsOf(names: readonly string[], context: StudyContext): StudyCondition[] {
  const first = tokenAblationConditions(context.layer, context.latents, context.protocol);
  const chosen = STUDIES.filter(({ name }) => names.includes(name));
  return [
    ...first,
    ...[...chosen, ...(chosen.length > 0 ? [controls] : [])].flatMap((study) => study.conditions(context)),
  ];
}
