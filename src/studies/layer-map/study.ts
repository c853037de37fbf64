/** At which layer does which latent matter? Its block output is zeroed at every layer in turn. */

import { range } from "../../base/range.js";
import { predictionWork } from "../shared/latent-slopes.js";
import type { PlannedCondition, Study } from "../study.js";
import { readPredictions } from "./read.js";
import { story } from "./story.js";

/** The study. Factors: `layer` and `latent`. Control: a random direction of the same norm, in rows of their own. */
export const layerMap: Study = {
  ...story,
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
  read: readPredictions,
  readWork: predictionWork,
};
