/** What the study keeps in the baseline's record. */

import { z } from "zod";

/** What each component contributed directly, in the order of `components.ts`, and the whole that they sum to. */
const contributionsSchema = z.array(z.number());

const residualSchema = z.strictObject({
  layers: z.int().positive(),
  heads: z.int().positive(),
  /** Are a vector a position and the language model's biases among the components? Not said where they are not. */
  hasBiases: z.boolean().optional(),
  /** To logits where the answer's number is predicted; null where it has none, or no other number token could stand there. */
  number: z
    .strictObject({
      /** Where it is predicted: `eot`, `answer.2`. */
      position: z.string(),
      /** Texts of the number's first token, of the number token with the next highest logit, and of one drawn at random. */
      tokens: z.strictObject({ answer: z.string(), alternative: z.string(), control: z.string() }),
      answer: contributionsSchema,
      alternative: contributionsSchema,
      control: contributionsSchema,
    })
    .nullable(),
  /** By latent: to its input, along itself, as shares that sum to 1. */
  inputs: z.array(contributionsSchema),
  /** By latent: along the same latent of another problem; they sum to the cosine of the two. Null without another problem. */
  others: z.array(contributionsSchema).nullable(),
  /** `problem.index` of that problem; null without one, and not of records before schema 4. */
  donor: z.int().nonnegative().nullable().optional(),
});

/** Of the baseline. */
export const residualFields = { residual: residualSchema.optional() };

/** Contributions of a clean run. */
export type ResidualReading = z.infer<typeof residualSchema>;
