/** How each study of the package is described: for the command line and for plans, which find nothing. */

import { story as ablation } from "./ablation/story.js";
import { story as attention } from "./attention/story.js";
import { story as attribution } from "./attribution/story.js";
import { story as budget } from "./budget/story.js";
import { story as controls } from "./controls/story.js";
import { story as corruption } from "./corruption/story.js";
import { story as edges } from "./edges/story.js";
import { story as influence } from "./influence/story.js";
import { story as latentToLatent } from "./latent-to-latent/story.js";
import { story as layerMap } from "./layer-map/story.js";
import { story as lens } from "./lens/story.js";
import { story as patching } from "./patching/story.js";
import { story as questionToLatent } from "./question-to-latent/story.js";
import { story as residual } from "./residual/story.js";
import { story as steering } from "./steering/story.js";
import type { StudyStory } from "./story.js";
import { story as subsets } from "./subsets/story.js";
import { story as subspace } from "./subspace/story.js";
import { story as tokenAblation } from "./token-ablation/story.js";
import { story as verified } from "./verified/story.js";

/** In the order of the report. */
const ALL: readonly StudyStory[] = [
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
  controls,
];

/** The package's studies by name, `controls` last. */
export const STORIES: ReadonlyMap<string, StudyStory> = new Map(ALL.map((story) => [story.name, story]));

/** The two that `analysis/main` sums up. */
export const MAIN_STORIES = { importance: tokenAblation, attention } as const;

/** Names for `--study`, in the order of the report. */
export const STUDY_NAMES: readonly string[] = [...STORIES.keys()].filter((name) => name !== controls.name);

/** Is it a record of the baseline or of the token ablations, from which the four main figures are made? */
export function isMain({ study }: { readonly study: string }): boolean {
  return study === "baseline" || study === tokenAblation.name;
}
