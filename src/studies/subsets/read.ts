/** What one backward pass says of zeroing each latent, and so of every set of them: no set is run. */

import type { Kept } from "../fields.js";
import type { ReadContext } from "../read-context.js";
import { changeBy, keptPredictions } from "../shared/latent-slopes.js";
import { story } from "./story.js";

/** @returns nothing for runs whose answer is wrong. */
export function readPredictions(context: ReadContext): Promise<(Kept | null)[]> {
  const { ablateLayer } = context.facts;
  return keptPredictions(context, {
    study: story.name,
    of: (slopes) => (slopes[ablateLayer] ?? []).map((each) => changeBy(each)),
  });
}
