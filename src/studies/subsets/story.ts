/** How the study `subsets` is described, without what it runs. */

import type { StudyStory } from "../story.js";

/** Name, question and limits of the study. */
export const story: StudyStory = {
  name: "subsets",
  question: "Do latents act alone or together?",
  caveat:
    "Worth is counted in right answers under zeroing at one block; an interaction says that latents stand in for or need each other there, not how.",
};
