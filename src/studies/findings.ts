/** What is known of the studies without a run, and the analysis side of each: for the command line and the analysis. */

import { story as ablation } from "./ablation/story.js";
import { story as attention } from "./attention/story.js";
import { budgetFinding } from "./budget/finding.js";
import { story as budget } from "./budget/story.js";
import { controlsFinding } from "./controls/finding.js";
import { story as controls } from "./controls/story.js";
import { corruptionFinding } from "./corruption/finding.js";
import { story as corruption } from "./corruption/story.js";
import type { FindingMaker } from "./finding.js";
import { story as latentToLatent } from "./latent-to-latent/story.js";
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
import type { StudyStory } from "./story.js";
import { subsetsFinding } from "./subsets/finding.js";
import { story as subsets } from "./subsets/story.js";
import { story as tokenAblation } from "./token-ablation/story.js";

/** A study as the analysis knows it. */
export interface AnalysisSide {
  readonly story: StudyStory;
  /** Null for the main study, which `analysis/main` sums up. */
  readonly find: FindingMaker | null;
}

/** In the order of the report; `analysis/main` sums up the first two. */
const SIDES: readonly AnalysisSide[] = [
  { story: tokenAblation, find: null },
  { story: attention, find: null },
  { story: ablation, find: conditionsFinding },
  { story: layerMap, find: conditionsFinding },
  { story: subsets, find: subsetsFinding },
  { story: questionToLatent, find: knockoutFinding },
  { story: latentToLatent, find: knockoutFinding },
  { story: lens, find: lensFinding },
  { story: residual, find: residualFinding },
  { story: corruption, find: corruptionFinding },
  { story: budget, find: budgetFinding },
  { story: patching, find: patchingFinding },
  { story: controls, find: controlsFinding },
];

/** The package's studies by name, `controls` last. */
export const ANALYSIS_SIDES: ReadonlyMap<string, AnalysisSide> = new Map(SIDES.map((side) => [side.story.name, side]));

/** The two that `analysis/main` sums up. */
export const MAIN_STORIES = { importance: tokenAblation, attention } as const;

/** How each study of the package is described. */
export const STORIES: ReadonlyMap<string, StudyStory> = new Map(SIDES.map(({ story }) => [story.name, story]));

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

/** Names for `--study`, in the order of the report. */
export const STUDY_NAMES: readonly string[] = [...STORIES.keys()].filter((name) => name !== controls.name);

/** Is it a record of the baseline or of the token ablations, from which the four main figures are made? */
export function isMain({ study }: { readonly study: string }): boolean {
  return study === "baseline" || study === tokenAblation.name;
}
