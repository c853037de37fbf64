/** How the study `question-to-latent` is described, without what it runs. */

import type { StudyStory } from "../story.js";

/** Name, question and limits of the study. */
export const story: StudyStory = {
  name: "question-to-latent",
  question: "Which question tokens feed which latent?",
  caveat:
    "Only the direct path is cut, and what is left of the row is renormalised; the same information may still be read through another position.",
  figure: { x: "span", y: "from", xTitle: "what can no longer be read of the question", yTitle: "reader" },
};
