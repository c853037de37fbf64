/** What the study keeps in the baseline's record. */

import { z } from "zod";

/** What every layer of a clean run holds at BOT and the latents. */
const layerLensSchema = z.strictObject({
  /** `bot`, `latent.0` … */
  positions: z.array(z.string()),
  /** Residual stream before the first block (`embed`) and after each (`0` …). */
  layers: z.array(z.string()),
  /** `[layer][position]`: the head's first choice after the final norm. */
  first: z.array(z.array(z.string())),
  /** A row for each value in `problem.steps`: rank (1 is first) and log-probability of its token, `[layer][position]`; null where the value is unknown or not one token. */
  steps: z.array(
    z.strictObject({ ranks: z.array(z.array(z.int().positive())), logProbs: z.array(z.array(z.number())) }).nullable(),
  ),
  /** `[layer of stateLayers, position, width]`, float32, little-endian, base64. */
  stateLayers: z.array(z.string()),
  width: z.int().positive(),
  states: z.base64(),
});

/** Of the baseline, from schema 3 on. */
export const layerLensFields = { layerLens: layerLensSchema.optional() };

/** States of BOT and the latents at every layer, and what the head says of them. */
export type LayerLens = z.infer<typeof layerLensSchema>;
