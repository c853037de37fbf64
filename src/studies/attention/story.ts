/** How the study `attention` is described, without what it runs. */

import type { StudyStory } from "../story.js";

/** Name, question and limits of the study. */
export const story: StudyStory = {
  name: "attention",
  question: "Who attends to the latents, and does it predict importance?",
  runs: { as: "main" },
};
