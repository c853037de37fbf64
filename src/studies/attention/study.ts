/** Who attends to the latents, and does it predict importance? Read from the runs of the token ablation: no condition of its own. */

import type { Study } from "../study.js";
import { story } from "./story.js";

/** The study; its numbers come from the records of baseline and `token-ablation`. */
export const attention: Study = {
  ...story,
  conditions: [],
};
