/** All studies, in the order of the report, and the conditions of a run. */

import { protocolOf } from "../model/latent/protocols/index.js";
import type { ProtocolName } from "../model/latent/protocols/names.js";
import { ablation } from "./ablation/study.js";
import { attention } from "./attention/study.js";
import { budget } from "./budget/study.js";
import { controls } from "./controls/study.js";
import { corruption } from "./corruption/study.js";
import { latentToLatent } from "./latent-to-latent/study.js";
import { layerMap } from "./layer-map/study.js";
import { lens } from "./lens/study.js";
import { patching } from "./patching/study.js";
import { questionToLatent } from "./question-to-latent/study.js";
import { residual } from "./residual/study.js";
import { conditionsOfStudy, type Study, type StudyCondition, type StudyContext } from "./study.js";
import { subsets } from "./subsets/study.js";
import { BASELINE, tokenAblation } from "./token-ablation/study.js";

/** The studies that `--study` knows by name. */
export const STUDIES: readonly Study[] = [
  tokenAblation,
  attention,
  ablation,
  layerMap,
  subsets,
  questionToLatent,
  latentToLatent,
  lens,
  residual,
  corruption,
  budget,
  patching,
];

/** Read from the same rows, so that both run where one is named, and where none is. */
export const MAIN_STUDIES: readonly string[] = [tokenAblation.name, attention.name];

/** What runs besides what is named. */
export interface Unasked {
  /** The controls, and under token ablation other ways than zero. */
  readonly controls: boolean;
  readonly protocol: ProtocolName;
  /** Ways to take a latent away that were asked for (`--ablation`). */
  readonly ablations?: readonly string[];
}

/** @returns the names of all studies that run where these are named, but for `controls`. */
export function studyNames(named: readonly string[], { controls, protocol, ablations = [] }: Unasked): string[] {
  const isMain = named.length === 0 || named.some((name) => MAIN_STUDIES.includes(name));
  const isCovered = named.includes(corruption.name);
  const wantsOther = controls || ablations.some((each) => each !== "zero");
  const beside = isMain && protocolOf(protocol).studies.hasAll && !isCovered && wantsOther;
  const all = [...named, ...(isMain ? MAIN_STUDIES : []), ...(beside ? [ablation.name] : [])];
  // What `ablation` shows is part of `corruption`.
  return [...new Set(isCovered ? all.filter((name) => name !== ablation.name) : all)].sort();
}

/** @returns the named studies, those from outside the package and the controls, in the order of the report. */
export function studiesOf(names: readonly string[], others: readonly Study[] = [], withControls = true): Study[] {
  const chosen = [...STUDIES, ...others].filter(({ name }) => names.includes(name));
  return withControls ? [...chosen, controls] : chosen;
}

/** @returns baseline first, then the conditions of `studiesOf`. No name appears twice. */
export function conditionsOf(
  names: readonly string[],
  context: StudyContext,
  others: readonly Study[] = [],
  withControls = true,
): StudyCondition[] {
  const studies = studiesOf(names, others, withControls);
  return [BASELINE, ...studies.flatMap((study) => conditionsOfStudy(study, context))];
}
