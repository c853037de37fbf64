/** What the study keeps in the baseline's record, below `kept`. */

import { z } from "zod";
import { keptOf } from "../shared/kept.js";
import type { StudyRecord } from "../shared/rows.js";
import { story } from "./story.js";

const predictedSchema = z.strictObject({
  /** `[layer][latent]`: −⟨activation, gradient of the log-odds of the answer's number⟩: what zeroing there would change if all were linear. */
  predicted: z.array(z.array(z.number())),
});

/** What a baseline's record holds of it; undefined where it holds nothing. @throws RunFolderError where it is damaged. */
export function predictedOf(record: StudyRecord): readonly (readonly number[])[] | undefined {
  return keptOf(record, { study: story.name, schema: predictedSchema, what: "predictions" })?.predicted;
}
