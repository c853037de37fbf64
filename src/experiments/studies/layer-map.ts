/** At which layer does which latent matter? Its block output is zeroed at every layer in turn. */

import { condition, range, type Study, type StudyContext } from "../study.js";

/** The study. Factors: `layer` and `latent`. */
export const layerMap: Study = {
  name: "layer-map",
  question: "At which layer does which latent matter?",
  figure: { x: "layer", y: "latent", xTitle: "block whose output is zeroed", yTitle: "latent" },
  conditions: ({ depth, latents }: StudyContext) =>
    range(depth).flatMap((layer) =>
      range(latents).map((latent) =>
        condition(
          "layer-map",
          `layer map: zero latent.${latent} at layer ${layer}`,
          [`zero:blocks.${layer}.hook_resid_post@latent.${latent}`],
          { layer, latent },
        ),
      ),
    ),
};
