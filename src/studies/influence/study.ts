/** How much does one latent move another? Derivatives of each latent's input by each earlier one's, read from the baseline: no condition of its own. */

import { protocolOf } from "../../model/latent/protocols/index.js";
import type { Study } from "../study.js";
import { readInfluences } from "./read.js";
import { story } from "./story.js";
import { influenceWork } from "./work.js";

/** The study; its numbers come from the baseline's records. */
export const influence: Study = {
  ...story,
  conditions: [],
  lacks: ({ protocol, latents }) => {
    const condition = "how much one latent moves another";
    if (protocolOf(protocol).feedback === "constant")
      return [
        {
          condition,
          reason: `has no object under protocol ${protocol}, where every latent's input is the same learned vector`,
        },
      ];
    return latents < 2 ? [{ condition, reason: "needs two latents, and this run has one" }] : [];
  },
  read: readInfluences,
  readWork: influenceWork,
};
