/** What every layer says of the solution's steps, as numbers one by one. */

import type { Readings } from "../shared/reading.js";
import { fieldOf } from "../shared/rows.js";
import type { LayerLens } from "./record.js";

/** Of the baseline. */
export const lensReadings: Readings = {
  measures: {
    lens_rank:
      "rank of the step's token under the logit lens, 1 is first; after the block of the layer, layer empty: before the first",
    lens_log_prob: "its log-probability, nats, at the same places",
  },
  *of(record) {
    const { positions, layers, steps } = fieldOf<LayerLens>(record, "layerLens") ?? {
      positions: [],
      layers: [],
      steps: [],
    };
    for (const [step, found] of steps.entries())
      for (const [i, name] of layers.entries())
        for (const [j, position] of positions.entries()) {
          const at = { layer: name === "embed" ? null : Number(name), position, target: `step ${step + 1}` };
          const [rank, logProb] = [found?.ranks[i]?.[j], found?.logProbs[i]?.[j]];
          if (rank !== undefined) yield { measure: "lens_rank", ...at, value: rank };
          if (logProb !== undefined) yield { measure: "lens_log_prob", ...at, value: logProb };
        }
  },
};
