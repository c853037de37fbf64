/** What the study keeps in the baseline's record, below `kept`. */

import { z } from "zod";
import { keptOf } from "../shared/kept.js";
import type { StudyRecord } from "../shared/rows.js";
import { story } from "./story.js";

const numberSchema = z.tuple([z.number(), z.int().positive()]).readonly();

const namedSchema = z
  .strictObject({
    /** `bot`, `latent.0` …, as far as the protocol has them. */
    positions: z.array(z.string()).readonly(),
    /** A list a position, best first: tokens that are a whole number. */
    numbers: z.array(z.array(numberSchema).readonly()).readonly(),
    /** How many of the head's first choices were looked at. */
    choices: z.int().positive(),
    /** The solution's marked steps as they stand: `48/2=24`. */
    solution: z.array(z.string()).readonly(),
    /** Values of these steps that are no single token, so that no position can name them. */
    unsaid: z.array(z.number()).readonly(),
  })
  .readonly();

/** A number among the head's first choices at a position, and its rank there: 1 is the first choice. */
export type NamedNumber = z.infer<typeof numberSchema>;
/** Of one baseline. */
export type NamedNumbers = z.infer<typeof namedSchema>;

/** @returns undefined where the study was not run. @throws RunFolderError where what a record holds is damaged. */
export function namedNumbersOf(record: StudyRecord): NamedNumbers | undefined {
  return keptOf(record, { study: story.name, schema: namedSchema, what: "named numbers" });
}
