/** Can a run's steps be read without the solution? Numbers that the head names at BOT and each latent of the baseline: no condition of its own, and no further forward. */

import type { Study } from "../study.js";
import { readNumbers } from "./read.js";
import { story } from "./story.js";

/** The study; chains are searched for when the records are analysed, since the control pairs problems. */
export const verified: Study = {
  ...story,
  conditions: [],
  reads: () => ({ baseline: { lens: "clean" } }),
  read: readNumbers,
};
