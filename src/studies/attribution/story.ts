/** How the study `attribution` is described, without what it runs. */

import type { StudyStory } from "../story.js";

/** Name, question and limits of the study. */
export const story: StudyStory = {
  name: "attribution",
  question: "Which activation would matter, for one backward pass?",
  caveat:
    "A gradient is the effect of a small change. Where a patch is a large one, or attention is saturated, it can miss the effect; patch a cell before you build on it.",
};
