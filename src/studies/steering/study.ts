/** Does a direction move the answer by what it says? Directions of other problems, added to the baseline's run: no condition of its own. */

import type { Study } from "../study.js";
import { steeringDrafts } from "./draft.js";
import { readSteering } from "./read.js";
import { story } from "./story.js";
import { steeringWork } from "./work.js";

/** The study; its numbers come from the baselines' records. */
export const steering: Study = {
  ...story,
  conditions: [],
  lacks: ({ latents }) =>
    latents < 2
      ? [
          {
            condition: "directions at one latent and at another",
            reason: `need two latents, and this run has ${latents === 0 ? "none" : "one"}`,
          },
        ]
      : [],
  draft: steeringDrafts,
  read: readSteering,
  readWork: steeringWork,
};
