/** How the study `controls` is described, without what it runs. */

import type { StudyStory } from "../story.js";

/** Name, question and limits of the study. */
export const story: StudyStory = {
  name: "controls",
  question: "Does the apparatus itself change anything?",
  caveat:
    "A control that passes shows that the apparatus adds nothing at these places, not that every measure is right.",
};
