/** How the study `steering` is described, without what it runs. */

import type { StudyStory } from "../story.js";

/** Name, question and limits of the study. */
export const story: StudyStory = {
  name: "steering",
  question: "Does a direction move the answer by what it says?",
  caveat:
    "A direction that moves the answer shows that the model can be pushed along it, not that the model itself moves along it. It is a difference of means: what else changes with the value is part of it.",
};
