/** What the study keeps in the baseline's record, below `kept`. */

import { z } from "zod";
import { firstIssue, RunFolderError } from "../../base/errors.js";
import { fieldOf, type StudyRecord } from "../shared/rows.js";
import { story } from "./story.js";

const predictedSchema = z.strictObject({
  /** `[layer][latent]`: −⟨activation, gradient of the log-odds of the answer's number⟩: what zeroing there would change if all were linear. */
  predicted: z.array(z.array(z.number())),
});

/** What a baseline's record holds of it; undefined where it holds nothing. @throws RunFolderError where it is damaged. */
export function predictedOf(record: StudyRecord): readonly (readonly number[])[] | undefined {
  const kept = fieldOf<Readonly<Record<string, unknown>>>(record, "kept")?.[story.name];
  if (kept === undefined) return undefined;
  const checked = predictedSchema.safeParse(kept);
  if (checked.success) return checked.data.predicted;
  throw new RunFolderError(
    `The baseline of problem "${record.problem.id}" has damaged predictions (kept.${story.name}): ${firstIssue(checked.error)}`,
    "run the experiment's command again in a new folder",
  );
}
