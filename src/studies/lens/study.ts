/** What does each latent say? The head's first choice at BOT and after each latent of the baseline, which is always read: no condition of its own. */

import type { Study } from "../study.js";
import { story } from "./story.js";

/** The study; its numbers come from the baseline's records. */
export const lens: Study = {
  ...story,
  conditions: [],
};
