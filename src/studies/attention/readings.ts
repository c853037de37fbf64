/** More than weights, as numbers one by one. */

import type { LayerAttention } from "../baseline/record.js";
import { byLatent, layerOf, type Readings } from "../shared/reading.js";
import { fieldOf } from "../shared/rows.js";

/** Of the baseline. */
export const flowReadings: Readings = {
  measures: {
    value_norm: "norm of the latent's value through the head's output matrix, at the layer",
    carried_eot: "norm of what all heads together carry from the latent to EOT, at the layer",
    carried_number: "the same, to the answer's first number token",
    rollout_eot: "attention rollout from EOT to the latent's input, up to the layer",
  },
  *of(record) {
    const attention = fieldOf<Readonly<Record<string, LayerAttention>>>(record, "attention");
    for (const [key, { flow }] of Object.entries(attention ?? {})) {
      if (flow === undefined) continue;
      const layer = layerOf(key);
      for (const [head, norms] of flow.valueNorms.entries())
        yield* byLatent(norms, { measure: "value_norm", layer, head });
      yield* byLatent(flow.eot, { measure: "carried_eot", layer });
      yield* byLatent(flow.number ?? [], { measure: "carried_number", layer });
    }
    const rollout = fieldOf<Readonly<Record<string, readonly number[]>>>(record, "rollout");
    for (const [key, shares] of Object.entries(rollout ?? {}))
      yield* byLatent(shares, { measure: "rollout_eot", layer: layerOf(key) });
  },
};
