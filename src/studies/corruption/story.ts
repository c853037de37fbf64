/** How the study `corruption` is described, without what it runs. */

import type { StudyStory } from "../story.js";

/** Name, question and limits of the study. */
export const story: StudyStory = {
  name: "corruption",
  question: "How robust is the answer to corruption of a latent?",
  caveat:
    "How much noise of a given σ is depends on the norm of the stream at the layer; compare with the random direction of the same norm.",
  figure: { x: "latent", y: "kind", xTitle: "latent" },
};
