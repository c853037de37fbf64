/** Does the apparatus itself change anything, and is anything left without the latents? Run by default beside every study. */

import { range } from "../../base/range.js";
import { unreadable } from "../shared/all-latents.js";
import { condition, type Study, type StudyContext } from "../study.js";
import { story } from "./story.js";

/** The study. Factor: `control`. The first two must change nothing. */
export const controls: Study = {
  ...story,
  conditions: ({ layer, latents }: StudyContext) => {
    const identity = condition("controls", `identity patch of all latents at layer ${layer}`, {
      interventions: [`scale(1):blocks.${layer}.hook_resid_post@latent`],
      factors: { control: "identity patch" },
    });
    // A patch of the pattern that takes nothing away goes through the same path as a knockout.
    const pattern = condition("controls", "knockout that takes nothing away", {
      interventions: [
        `scale(1):blocks.*.attn.hook_pattern@${["eot", ...range(latents).map((k) => `latent.${k}`)].join(",")}`,
      ],
      factors: { control: "no-op on the patterns" },
    });
    const none = condition("controls", "EOT and the answer read no latent", {
      interventions: unreadable(range(latents)),
      factors: {
        control: "no latents",
      },
    });
    return [...[identity, pattern].map((each) => ({ ...each, isIdentity: true })), none];
  },
};
