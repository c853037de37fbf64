/** Who attends to the latents, and does it predict importance? Read from the runs of the token ablation: no condition of its own. */

import type { Study } from "../study.js";

/** The study; its numbers come from the records of baseline and `token-ablation`. */
export const attention: Study = {
  name: "attention",
  question: "Who attends to the latents, and does it predict importance?",
  conditions: [],
};
