/** What knockouts take away and change, as numbers one by one. */

import { byLatent, type Readings } from "./reading.js";
import { fieldOf } from "./rows.js";

/** Of their conditions. */
export const knockoutReadings: Readings = {
  measures: {
    latent_change: "how far the latent's state after the last block is from the baseline's, as a share of its norm",
    attention_cut:
      "share of the reader's attention at the layer that goes in the baseline to what is cut, mean over heads",
  },
  *of(record) {
    yield* byLatent(fieldOf<readonly (number | null)[]>(record, "latentChange") ?? [], { measure: "latent_change" });
    for (const [layer, value] of (fieldOf<readonly number[]>(record, "cutAttention") ?? []).entries())
      yield { measure: "attention_cut", layer, value };
  },
};
