/** The run side that studies of knockouts share: what a cut takes away, and what it changes in the latents. */

import { range } from "../../base/range.js";
import type { Study } from "../study.js";
import { cutAttentionOf } from "./knockout-attention.js";
import { latentChangeOf } from "./knockout-change.js";

/** Parts of such a study. */
export const knockoutSide: Pick<Study, "reads" | "measure"> = {
  // A knockout cuts at every layer, and what it takes away is what the baseline paid.
  reads: ({ depth }) => ({ every: { latentStates: true }, compared: { readingLayers: range(depth) } }),
  measure: ({ interventions, result, baseline }) => ({
    fields: { ...latentChangeOf(result, baseline), ...cutAttentionOf(interventions, baseline) },
  }),
};
