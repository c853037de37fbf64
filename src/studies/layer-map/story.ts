/** How the study `layer-map` is described, without what it runs. */

import type { StudyStory } from "../story.js";

/** Name, question and limits of the study. */
export const story: StudyStory = {
  name: "layer-map",
  question: "At which layer does which latent matter?",
  caveat:
    "Zeroing at one block leaves what other blocks and positions carry; a low rate does not show that the latent is unused.",
  figure: { x: "layer", y: "latent", xTitle: "block whose output is zeroed, or turned at random", yTitle: "latent" },
};
