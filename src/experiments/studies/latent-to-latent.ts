/** Which position reads which latent? Attention from one position to one latent before it is cut at every layer and head, and the effect runs on. */

import { condition, range, type Study, type StudyContext } from "../study.js";

/** The study. Factors: `from`, the reading position, and `to`, the latent that it can no longer read. */
export const latentToLatent: Study = {
  name: "latent-to-latent",
  question: "Which latent reads which, and which of them does the answer read?",
  figure: { x: "to", y: "from", xTitle: "latent that can no longer be read", yTitle: "reader" },
  conditions: ({ latents }: StudyContext) => {
    const readers = [...range(latents).map((k) => `latent.${k}`), "eot", "answer"];
    return readers.flatMap((from, place) =>
      range(Math.min(place, latents)).map((k) =>
        condition(
          "latent-to-latent",
          `${from} cannot read latent.${k}`,
          [`knockout(${from}→latent.${k}):blocks.*.attn.hook_pattern@${from}`],
          { from, to: `latent.${k}` },
        ),
      ),
    );
  },
};
