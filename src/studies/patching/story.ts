/** How the study `patching` is described, without what it runs. */

import type { StudyStory } from "../story.js";

/** Name, question and limits of the study. */
export const story: StudyStory = {
  name: "patching",
  question: "Where is the value carried?",
  caveat:
    "A patch that moves the answer shows that what is written there suffices (noising) or restores it (denoising), not that nothing else carries it; the strongest of many cells is exploratory.",
};
