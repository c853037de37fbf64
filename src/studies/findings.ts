/** The analysis side of each study of the package. */

import { story as attention } from "./attention/story.js";
import { attributionFinding } from "./attribution/finding.js";
import { story as attribution } from "./attribution/story.js";
import { budgetFinding } from "./budget/finding.js";
import { story as budget } from "./budget/story.js";
import { controlsFinding } from "./controls/finding.js";
import { story as controls } from "./controls/story.js";
import { corruptionFinding } from "./corruption/finding.js";
import { story as corruption } from "./corruption/story.js";
import { edgesFinding } from "./edges/finding.js";
import { story as edges } from "./edges/story.js";
import type { FindingMaker } from "./finding.js";
import { influenceFinding } from "./influence/finding.js";
import { story as influence } from "./influence/story.js";
import { story as latentToLatent } from "./latent-to-latent/story.js";
import { layerMapFinding } from "./layer-map/finding.js";
import { story as layerMap } from "./layer-map/story.js";
import { lensFinding } from "./lens/finding.js";
import { story as lens } from "./lens/story.js";
import { patchingFinding } from "./patching/finding.js";
import { story as patching } from "./patching/story.js";
import { story as questionToLatent } from "./question-to-latent/story.js";
import { residualFinding } from "./residual/finding.js";
import { story as residual } from "./residual/story.js";
import { conditionsFinding } from "./shared/conditions-finding.js";
import { knockoutFinding } from "./shared/knockout-finding.js";
import { steeringFinding } from "./steering/finding.js";
import { story as steering } from "./steering/story.js";
import { STORIES } from "./stories.js";
import type { StudyStory } from "./story.js";
import { subsetsFinding } from "./subsets/finding.js";
import { story as subsets } from "./subsets/story.js";
import { subspaceFinding } from "./subspace/finding.js";
import { story as subspace } from "./subspace/story.js";
import { story as tokenAblation } from "./token-ablation/story.js";
import { verifiedFinding } from "./verified/finding.js";
import { story as verified } from "./verified/story.js";

/** A study as the analysis knows it. */
export interface AnalysisSide {
  readonly story: StudyStory;
  /** Null for the main study, which `analysis/main` sums up. */
  readonly find: FindingMaker | null;
}

/** What finds more than any study of conditions does; the order is that of the stories. */
const OWN: ReadonlyMap<StudyStory, FindingMaker | null> = new Map<StudyStory, FindingMaker | null>([
  [tokenAblation, null],
  [attention, null],
  [layerMap, layerMapFinding],
  [subsets, subsetsFinding],
  [questionToLatent, knockoutFinding],
  [latentToLatent, knockoutFinding],
  [influence, influenceFinding],
  [lens, lensFinding],
  [verified, verifiedFinding],
  [residual, residualFinding],
  [corruption, corruptionFinding],
  [budget, budgetFinding],
  [patching, patchingFinding],
  [attribution, attributionFinding],
  [steering, steeringFinding],
  [subspace, subspaceFinding],
  [edges, edgesFinding],
  [controls, controlsFinding],
]);

/** The package's studies by name, `controls` last. */
export const ANALYSIS_SIDES: ReadonlyMap<string, AnalysisSide> = new Map(
  [...STORIES].map(([name, story]) => [
    name,
    { story, find: OWN.has(story) ? (OWN.get(story) ?? null) : conditionsFinding },
  ]),
);

/**
 * @returns the analysis side of a study; of one that is not among the package's, that of any study of conditions.
 * @example
 * ```ts
 * typeof findingMakerOf("layer-map"); // → function
 * ```
 */
export function findingMakerOf(name: string): FindingMaker {
  return ANALYSIS_SIDES.get(name)?.find ?? conditionsFinding;
}
