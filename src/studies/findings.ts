/** What is known of the studies without a run: for the command line, and for the analysis of folders whose manifest does not tell it. */

import { controls } from "./controls/study.js";
import { STUDIES } from "./index.js";
import type { StudyStory } from "./story.js";

/** Names for `--study`, in the order of the report. */
export const STUDY_NAMES: readonly string[] = STUDIES.map(({ name }) => name);
/** How each study of the package is told. */
export const STORIES: ReadonlyMap<string, StudyStory> = new Map(
  [...STUDIES, controls].map((study) => [study.name, study]),
);

/** Is it a record of the baseline or of the token ablations, from which the four main figures are made? */
export function isMain({ study }: { readonly study: string }): boolean {
  return study === "baseline" || study === "token-ablation";
}
