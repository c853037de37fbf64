/** What the study keeps in the baseline's record: more than weights. */

import { z } from "zod";

const finite = z.number();

/** More than weights, one layer of a clean run (`attention-flow.ts`); to the latents in order. */
export const flowSchema = z.strictObject({
  /** `[head][latent]`: norm of the latent's value through the head's output matrix. A weight times it is Kobayashi et al.'s (2020). */
  valueNorms: z.array(z.array(finite)),
  /** Norm of what all heads together carry from the latent to EOT, and to the first number token. */
  eot: z.array(finite),
  number: z.array(finite).nullable(),
});

/** Of the baseline. */
export const rolloutFields = {
  /** By layer asked for, and the last: attention rollout from EOT to each latent's input (Abnar and Zuidema 2020). */
  rollout: z.record(z.string(), z.array(finite)).optional(),
};

/** More than weights, one layer. */
export type FlowReading = z.infer<typeof flowSchema>;
