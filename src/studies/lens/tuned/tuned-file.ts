/** `tuned_lens.json`: what the tuned lens of a run says, for the analysis, which has no model. */

import { z } from "zod";
import type { RunFile } from "../../finding.js";
import { fileContent } from "../../shared/kept.js";

/** Name in the run's folder. */
export const TUNED_LENS_FILE = "tuned_lens.json";

const finite = z.number();
const grid = z.array(z.array(finite));
const step = z.strictObject({ ranks: grid, logProbs: grid }).nullable();

const tunedLensSchema = z.discriminatedUnion("kind", [
  z.strictObject({ schema: z.literal(1), kind: z.literal("undefined"), reason: z.string() }),
  z.strictObject({
    schema: z.literal(1),
    kind: z.literal("value"),
    positions: z.array(z.string()),
    /** Translated to `last`. */
    layers: z.array(z.string()),
    last: z.string(),
    width: z.int().positive(),
    folds: z.int().positive(),
    /** Of each layer: penalties chosen in the folds, and held-out share of the last layer's variance, both with true and shuffled pairs. */
    translators: z.array(
      z.strictObject({
        layer: z.string(),
        penalties: z.array(finite),
        explained: finite,
        shuffled: z.strictObject({ penalties: z.array(finite), explained: finite }),
      }),
    ),
    /** Held-out readings of a problem, `[layer][position]`; `kl` in nats from the model's own last-layer distribution. */
    problems: z.array(
      z.strictObject({
        id: z.string(),
        /** Its fold, and the problem that lends it its last states in the control; not of older versions. */
        fold: z.int().nonnegative().optional(),
        lender: z.string().optional(),
        logit: z.strictObject({ kl: grid }),
        /** `steps` as in `layerLens`. */
        tuned: z.strictObject({ kl: grid, steps: z.array(step) }),
        shuffled: z.strictObject({ kl: grid, steps: z.array(step) }),
      }),
    ),
  }),
]);

/** What the file holds, or why there is no tuned lens. */
export type TunedLens = z.infer<typeof tunedLensSchema>;

/** @returns what the file of a run holds; null where there is none. @throws RunFolderError when it is damaged. */
export function tunedLensOf(file: RunFile | null): TunedLens | null {
  return fileContent(file, tunedLensSchema);
}
