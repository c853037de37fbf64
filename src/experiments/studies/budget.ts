/** How many latents are needed? EOT and the answer can read the first n only. */

import { condition, range, type Study, type StudyContext } from "../study.js";

/**
 * The study. Factor: `visible`, how many of the first latents can be read; all of them is the baseline. The hidden ones still run and
 * keep their positions, so that nothing but what is read of them changes.
 */
export const budget: Study = {
  name: "budget",
  question: "How many latents does the answer need?",
  conditions: ({ latents }: StudyContext) =>
    range(latents).map((visible) =>
      condition(
        "budget",
        visible === 0 ? "no latent can be read" : `only the first ${visible} latents can be read`,
        ["eot", "answer"].map((reader) => {
          const hidden = range(latents).slice(visible);
          return `knockout(${reader}→${hidden.map((k) => `latent.${k}`).join("+")}):blocks.*.attn.hook_pattern@${reader}`;
        }),
        { visible },
      ),
    ),
};
