/** How the study `ablation` is described, without what it runs. */

import { story as corruption } from "../corruption/story.js";
import type { StudyStory } from "../story.js";

/** Name, question and limits of the study. */
export const story: StudyStory = {
  name: "ablation",
  question: "Does it matter how a latent is taken away?",
  caveat:
    "Every one of these writes something that the model never computed for this problem; where they differ, the ablation is seen, not only the latent.",
  runs: { as: "control", coveredBy: [corruption.name] },
  figure: { x: "latent", y: "kind", xTitle: "latent" },
};
