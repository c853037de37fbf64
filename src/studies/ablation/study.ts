/** Does it matter how a latent is taken away? The control of `token-ablation`: the same latents, by other operations than zero. */

import { KINDS, kindsAtLatents } from "../corruption/study.js";
import type { Study } from "../study.js";
import { CONTROL_ABLATIONS } from "./operations.js";
import { story } from "./story.js";

/** The study. Factors: `kind`, and `latent` (a number, or `all`). Equal conditions of other studies are computed once. */
export const ablation: Study = {
  ...story,
  conditions: (context) => {
    const wanted = context.ablations ?? CONTROL_ABLATIONS;
    return kindsAtLatents(
      story.name,
      KINDS.filter(([operation]) => wanted.includes(operation)),
      context,
    );
  },
};
