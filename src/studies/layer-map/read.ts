/** What one backward pass says of every cell of the map: no cell is run. */

import type { Kept } from "../fields.js";
import type { ReadContext } from "../read-context.js";
import { changeBy, keptPredictions } from "../shared/latent-slopes.js";
import { story } from "./story.js";

/** @returns nothing for runs whose answer is wrong. */
export function readPredictions(context: ReadContext): Promise<(Kept | null)[]> {
  return keptPredictions(context, {
    study: story.name,
    of: (slopes) => slopes.map((latents) => latents.map((each) => changeBy(each))),
  });
}
