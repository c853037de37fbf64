/** How the study `influence` is described, without what it runs. */

import type { StudyStory } from "../story.js";

/** Name, question and limits of the study. */
export const story: StudyStory = {
  name: "influence",
  question: "How much does one latent move another?",
  caveat:
    "A derivative says what a small change of a latent's input does. A large change can do less or more, and what moves a later latent need not move the answer.",
};
