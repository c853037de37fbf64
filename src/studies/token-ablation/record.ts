/** What the study measures beside what every condition's record has. */

import { z } from "zod";

/** Null in the records of the baseline and of other studies. */
export const attentionMeasures = {
  /** Euclidean distance of head-mean attention from EOT to the latents, by layer (`layer_8`). */
  attentionL2: z.record(z.string(), z.number()).nullable(),
};

/** Of a record without it. */
export const NOT_MEASURED = { attentionL2: null } as const;
