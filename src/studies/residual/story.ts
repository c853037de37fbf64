/** How the study `residual` is described, without what it runs. */

import type { StudyStory } from "../story.js";

/** @param ways what is left out beside later blocks, as `by way of later blocks` goes on. */
export function caveatOf(ways: string): string {
  return `A direct contribution leaves out what a component does by way of later blocks${ways}; what it says of cause is only that taking it out, with all else held, would change the sum by so much.`;
}

/** Name, question and limits of the study. */
export const story: StudyStory = {
  name: "residual",
  question: "Which component wrote what matters?",
  caveat: caveatOf(", a norm's scale or, where there is a projection, its GELU's gate"),
};
