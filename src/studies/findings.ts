/** What is known of the studies without a run, and the analysis side of each: for the command line and the analysis. */

import { story as ablation } from "./ablation/story.js";
import { story as attention } from "./attention/story.js";
import { story as budget } from "./budget/story.js";
import { story as controls } from "./controls/story.js";
import { story as corruption } from "./corruption/story.js";
import type { FindingMaker } from "./finding.js";
import { story as latentToLatent } from "./latent-to-latent/story.js";
import { story as layerMap } from "./layer-map/story.js";
import { story as lens } from "./lens/story.js";
import { story as patching } from "./patching/story.js";
import { story as questionToLatent } from "./question-to-latent/story.js";
import { residualFinding } from "./residual/finding.js";
import { story as residual } from "./residual/story.js";
import type { StudyStory } from "./story.js";
import { story as subsets } from "./subsets/story.js";
import { story as tokenAblation } from "./token-ablation/story.js";

/** A study as the analysis knows it. */
export interface AnalysisSide {
  readonly story: StudyStory;
  /** Null where its conditions are summed up as those of any study. */
  readonly find: FindingMaker | null;
}

/** In the order of the report; `analysis/main` tells the first two. */
const SIDES: readonly AnalysisSide[] = [
  { story: tokenAblation, find: null },
  { story: attention, find: null },
  { story: ablation, find: null },
  { story: layerMap, find: null },
  { story: subsets, find: null },
  { story: questionToLatent, find: null },
  { story: latentToLatent, find: null },
  { story: lens, find: null },
  { story: residual, find: residualFinding },
  { story: corruption, find: null },
  { story: budget, find: null },
  { story: patching, find: null },
  { story: controls, find: null },
];

/** The package's studies by name, `controls` last. */
export const ANALYSIS_SIDES: ReadonlyMap<string, AnalysisSide> = new Map(SIDES.map((side) => [side.story.name, side]));

/** How each study of the package is described. */
export const STORIES: ReadonlyMap<string, StudyStory> = new Map(SIDES.map(({ story }) => [story.name, story]));

/** Names for `--study`, in the order of the report. */
export const STUDY_NAMES: readonly string[] = [...STORIES.keys()].filter((name) => name !== controls.name);

/** Is it a record of the baseline or of the token ablations, from which the four main figures are made? */
export function isMain({ study }: { readonly study: string }): boolean {
  return study === "baseline" || study === tokenAblation.name;
}
