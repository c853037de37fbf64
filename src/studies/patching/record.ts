/** The study's own kind of record: a pair of runs, and a map of patches from one into the other. */

import { z } from "zod";
import { type KeptPrediction, keptPrediction, predictionSchema } from "../shared/kept-predictions.js";
import type { StudyRecord } from "../shared/rows.js";
import { story } from "./story.js";

const finite = z.number();

/** A problem and its counterfactual. `clean` is the problem's own run. */
const keptPairSchema = z.strictObject({
  status: z.literal("kept"),
  /** The counterfactual question, and whether the data file gave it. */
  question: z.string(),
  given: z.boolean(),
  /** Positions of `question` whose token differs. */
  changed: z.array(z.strictObject({ position: z.int().nonnegative(), from: z.string(), to: z.string() })),
  /** What the model answers to each. */
  answers: z.strictObject({ clean: z.string(), counterfactual: z.string() }),
  numbers: z.strictObject({ clean: finite, counterfactual: finite }),
  /** The head's first choice at BOT and after each latent of both runs. */
  lens: z.strictObject({ clean: z.array(z.string()), counterfactual: z.array(z.string()) }),
  /** Logit of the clean number's token less that of the counterfactual's, where the answers part, in both runs unpatched. */
  differences: z.strictObject({ clean: finite, counterfactual: finite }),
});

const droppedPairSchema = z.strictObject({
  status: z.literal("dropped"),
  /** Counted by it. */
  reason: z.string(),
});

/** Its run has more problems than are patched. */
const notDrawnSchema = z.strictObject({ status: z.literal("not drawn") });

/** Fields beside the status `patched`. */
export const patchedFields = {
  /** Study → what it keeps of the pair in place of a map: plain JSON with finite numbers. */
  kept: z.record(z.string(), z.record(z.string(), z.json())).optional(),
  pair: z.discriminatedUnion("status", [keptPairSchema, droppedPairSchema, notDrawnSchema]),
  /** Null where the pair was dropped or not drawn, or no unrelated problem was found. */
  map: z
    .strictObject({
      rows: z.array(z.string()),
      columns: z.array(z.string()),
      /** `[row][column]`: the logit difference, as in `pair.differences`. */
      differences: z.array(z.array(finite)),
      /** `[row][column]`: the answer's number, or null where it has none. */
      numbers: z.array(z.array(finite.nullable())),
      /** Question of the unrelated run. */
      unrelated: z.string().nullable(),
      /** `[row][column]`, of maps that gradients predict: ‖source − base‖ / ‖base‖ of what would be patched; null where the base is 0. */
      steps: z.array(z.array(finite.nullable())).optional(),
      /** `[row][column]`, likewise: the largest weight of a position's attention in the next block, mean over heads and positions; null after the last. */
      peaks: z.array(z.array(finite.nullable())).optional(),
      /** Of integrated gradients: the logit difference at each step from the source's input to the base's, both ends among them. */
      way: z.array(finite).optional(),
    })
    .nullable(),
};

const patchedSchema = z.strictObject(patchedFields);

/** A pair, and one map. */
export type Patched = z.infer<typeof patchedSchema>;
/** A pair whose answers differ. */
export type KeptPair = z.infer<typeof keptPairSchema>;

/** `[row][column]` of the map: the logit difference as one gradient at the question's run predicts it. */
const predictedSchema = predictionSchema(z.array(z.array(finite)));

/** What one gradient says of a map's cells, or why it says nothing. */
export type PredictedMap = KeptPrediction<number[][]>;

/** What a record holds of it; undefined where it holds nothing. @throws RunFolderError where it is damaged. */
export function predictedOf(record: StudyRecord): PredictedMap | undefined {
  return keptPrediction(record, { study: story.name, schema: predictedSchema });
}
