/** How the study `lens` is described, without what it runs. */

import type { StudyStory } from "../story.js";

/** Name, question and limits of the study. */
export const story: StudyStory = {
  name: "lens",
  question: "What does each latent say?",
  caveat:
    "What the head would say is not what the model uses: a value may be there and not matter, or matter in a form the head does not read.",
};
