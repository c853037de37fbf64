/** Which component wrote what matters? Read from the baseline, with another problem's latents as control: no condition of its own. */

import { protocolOf } from "../../model/latent/protocols/index.js";
import type { Study } from "../study.js";
import { donorWork, readResiduals } from "./read.js";
import { story } from "./story.js";

/** The study; its numbers come from the baseline's records. */
export const residual: Study = {
  ...story,
  conditions: [],
  lacks: ({ protocol }) =>
    protocolOf(protocol).feedback === "constant"
      ? [
          {
            condition: "what each latent's input is made of",
            reason: `has no object under protocol ${protocol}, where every latent's input is the same learned vector`,
          },
        ]
      : [],
  reads: () => ({ baseline: { components: true } }),
  read: readResiduals,
  readWork: donorWork,
};
