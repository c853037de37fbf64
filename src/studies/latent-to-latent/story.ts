/** How the study `latent-to-latent` is described, without what it runs. */

import type { StudyStory } from "../story.js";

/** Name, question and limits of the study. */
export const story: StudyStory = {
  name: "latent-to-latent",
  question: "Which latent reads which, and which of them does the answer read?",
  caveat:
    "Only the direct path is cut, and what is left of the row is renormalised; the same information may still be read through another position.",
  figure: {
    x: "to",
    y: "from",
    xTitle: "latent that can no longer be read (random: a position of the question, the control)",
    yTitle: "reader",
  },
};
