/** At which layer does which latent matter? Its block output is zeroed at every layer in turn. */

import { range } from "../../base/range.js";
import type { PlannedCondition, Study } from "../study.js";

/** The study. Factors: `layer` and `latent`. Control: a random direction of the same norm, in rows of their own. */
export const layerMap: Study = {
  name: "layer-map",
  question: "At which layer does which latent matter?",
  caveat:
    "Zeroing at one block leaves what other blocks and positions carry; a low rate does not show that the latent is unused.",
  figure: { x: "layer", y: "latent", xTitle: "block whose output is zeroed, or turned at random", yTitle: "latent" },
  conditions: ({ depth, latents }) =>
    (["zero", "random"] as const).flatMap((operation) =>
      range(depth).flatMap((layer) =>
        range(latents).map((latent): PlannedCondition => {
          const isControl = operation === "random";
          return {
            name: `layer map: ${isControl ? "random direction at" : "zero"} latent.${latent} at layer ${layer}`,
            interventions: [`${operation}:blocks.${layer}.hook_resid_post@latent.${latent}`],
            factors: isControl
              ? { layer, latent: `${latent}, random direction`, control: "random direction" }
              : { layer, latent },
          };
        }),
      ),
    ),
};
