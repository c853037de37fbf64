/** How the study `budget` is described, without what it runs. */

import type { StudyStory } from "../story.js";

/** Name, question and limits of the study. */
export const story: StudyStory = {
  name: "budget",
  question: "How many latents does the answer need?",
  caveat:
    "The hidden latents still run and keep their positions: this is not the same as running fewer latents. Levels beyond the baseline's number run the loop longer than a model trained with that number ever did.",
};
