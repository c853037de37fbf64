/** How the study `verified` is described, without what it runs. */

import type { StudyStory } from "../story.js";

/** Name, question and limits of the study. */
export const story: StudyStory = {
  name: "verified",
  question: "Can a run's steps be read without the solution?",
  caveat:
    "A chain that checks out was named by the head, step by step; it does not show that the model computed the answer that way. Numbers of more than one token are never read.",
};
