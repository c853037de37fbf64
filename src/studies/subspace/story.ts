/** How the study `subspace` is described, without what it runs. */

import type { StudyStory } from "../story.js";

/** Name, question and limits of the study. */
export const story: StudyStory = {
  name: "subspace",
  question: "Which directions carry the value?",
  caveat:
    "Directions in which an exchange brings the other answer suffice for that; others may carry the value as well, and the exchange can put the model into states that no question brings about.",
};
