/** What does each latent say? The head's first choice at BOT and after each latent of the baseline, which is always read: no condition of its own. */

import type { Study } from "../study.js";

/** The study; its numbers come from the baseline's records. */
export const lens: Study = {
  name: "lens",
  question: "What does each latent say?",
  caveat:
    "What the head would say is not what the model uses: a value may be there and not matter, or matter in a form the head does not read.",
  conditions: [],
};
