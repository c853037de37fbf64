/** How the study `edges` is described, without what it runs. */

import type { StudyStory } from "../story.js";

/** Name, question and limits of the study. */
export const story: StudyStory = {
  name: "edges",
  question: "Which component wrote to which, across latents?",
  caveat:
    "Scores are estimates from gradients, an edge at a time. Only what a circuit keeps was run, and one pair of questions asks for one number of the question alone.",
};
