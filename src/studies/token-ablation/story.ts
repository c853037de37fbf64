/** How the study `token-ablation` is described, without what it runs. */

import type { StudyStory } from "../story.js";

/** Name, question and limits of the study. */
export const story: StudyStory = {
  name: "token-ablation",
  question: "Which latent matters?",
  runs: { as: "main" },
};
