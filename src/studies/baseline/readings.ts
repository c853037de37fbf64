/** Attention to the latents, as numbers one by one. */

import { byLatent, layerOf, type Readings } from "../shared/reading.js";
import { fieldOf } from "../shared/rows.js";
import type { LayerAttention } from "./record.js";

/** Of the baseline and of token ablations. */
export const attentionReadings: Readings = {
  measures: {
    attention_eot: "attention of EOT to the latent at the layer, by head; head empty: mean over heads",
    attention_number: "the same, from the answer's first number token",
  },
  *of(record) {
    const attention = fieldOf<Readonly<Record<string, LayerAttention>>>(record, "attention");
    for (const [key, { eot, number }] of Object.entries(attention ?? {}))
      for (const [measure, row] of Object.entries({ attention_eot: eot, attention_number: number })) {
        if (row === null) continue;
        const at = { measure, layer: layerOf(key) };
        yield* byLatent(row.headMean, at);
        for (const [head, weights] of row.heads.entries()) yield* byLatent(weights, { ...at, head });
      }
  },
};
