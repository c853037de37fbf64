/** What the study keeps in the baseline's record, below `kept`. */

import { z } from "zod";
import { type KeptPrediction, keptPrediction, predictionSchema } from "../shared/kept-predictions.js";
import type { StudyRecord } from "../shared/rows.js";
import { story } from "./story.js";

/** By latent: −⟨activation, gradient of the log-odds of the answer's number⟩ at the study's layer. To first order a set's change is the sum. */
const schema = predictionSchema(z.array(z.number()));

/** What a baseline's record holds of it; undefined where it holds nothing. @throws RunFolderError where it is damaged. */
export function predictedOf(record: StudyRecord): KeptPrediction<number[]> | undefined {
  return keptPrediction(record, { study: story.name, schema });
}
