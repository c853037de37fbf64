/** Do latents act alone or together? Every set of latents is zeroed at once (pairs and triplets where there are more than six). */

import { range } from "../../base/range.js";
import { predictionWork } from "../shared/latent-slopes.js";
import type { PlannedCondition, Study } from "../study.js";
import { readPredictions } from "./read.js";
import { story } from "./story.js";

const MOST_FOR_ALL = 6;

/** The study. Factors: `set`, the zeroed latents as `0+2+5`, and `size`. Controls: all latents at once by other operations than zero. */
export const subsets: Study = {
  ...story,
  conditions: ({ layer, latents }) => [
    ...setsOf(latents, latents <= MOST_FOR_ALL ? latents : 3).map(
      (set): PlannedCondition => ({
        name: `zero latents ${set.join(", ")} together at layer ${layer}`,
        interventions: [`zero:blocks.${layer}.hook_resid_post@${set.map((k) => `latent.${k}`).join(",")}`],
        factors: { set: set.join("+"), size: set.length },
      }),
    ),
    ...(["random", "mean"] as const).map((operation): PlannedCondition => {
      const control = operation === "random" ? "random directions of the same norm" : "means of other problems";
      return {
        name: `${control} at all latents together at layer ${layer}`,
        interventions: [`${operation}:blocks.${layer}.hook_resid_post@latent`],
        factors: { size: latents, control },
      };
    }),
  ],
  read: readPredictions,
  readWork: predictionWork,
};

/** Non-empty sets of at most `most` of n latents, small ones first. */
function setsOf(n: number, most: number): number[][] {
  const all = range(2 ** n).map((bits) => range(n).filter((k) => (bits >> k) & 1));
  return all.filter((set) => set.length > 0 && set.length <= most).sort((a, b) => a.length - b.length);
}
