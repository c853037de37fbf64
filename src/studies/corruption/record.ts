/** What the study measures beside what every condition's record has. */

import { z } from "zod";

/** Not of older versions. */
export const firstTokenMeasures = {
  /** KL(baseline || this run) in nats where the answer's first token is predicted, as the original study has it. */
  klAtFirst: z.number().nullable().optional(),
};
