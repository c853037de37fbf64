/** What some studies read from a clean run, as its record has it. */

import { z } from "zod";

const finite = z.number();

/** More than weights, of a clean run (`attention-flow.ts`); to the latents in order. */
export const flowSchema = z.strictObject({
  /** `[head][latent]`: norm of the latent's value through the head's output matrix. A weight times it is Kobayashi et al.'s (2020). */
  valueNorms: z.array(z.array(finite)),
  /** Norm of what all heads together carry from the latent to EOT, and to the first number token. */
  eot: z.array(finite),
  number: z.array(finite).nullable(),
});

/** What each component contributed directly: embedding, then each block's heads and its MLP, biases of the projection, and the whole that they sum to. */
const contributionsSchema = z.array(finite);

/** Of a clean run (study `residual`). */
export const residualSchema = z.strictObject({
  layers: z.int().positive(),
  heads: z.int().positive(),
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

/** More than weights, one layer. */
export type FlowReading = z.infer<typeof flowSchema>;
/** Contributions of a clean run. */
export type ResidualReading = z.infer<typeof residualSchema>;
