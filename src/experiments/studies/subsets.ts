/** Do latents act alone or together? Every set of latents is zeroed at once (pairs and triplets where there are more than six). */

import { condition, range, type Study, type StudyContext } from "../study.js";

const MOST_FOR_ALL = 6;

/** The study. Factors: `set`, the zeroed latents as `0+2+5`, and `size`. */
export const subsets: Study = {
  name: "subsets",
  question: "Do latents act alone or together?",
  conditions: ({ layer, latents }: StudyContext) =>
    setsOf(latents, latents <= MOST_FOR_ALL ? latents : 3).map((set) =>
      condition(
        "subsets",
        `zero latents ${set.join(", ")} together at layer ${layer}`,
        [`zero:blocks.${layer}.hook_resid_post@${set.map((k) => `latent.${k}`).join(",")}`],
        { set: set.join("+"), size: set.length },
      ),
    ),
};

/** Non-empty sets of at most `most` of n latents, small ones first. */
function setsOf(n: number, most: number): number[][] {
  const all = range(2 ** n).map((bits) => range(n).filter((k) => (bits >> k) & 1));
  return all.filter((set) => set.length > 0 && set.length <= most).sort((a, b) => a.length - b.length);
}
