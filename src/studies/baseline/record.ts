/** What every baseline's record holds: its attention, what the head would say at each latent, and the prompt's tokens. */

import { z } from "zod";
import { flowSchema } from "../attention/record.js";

const finite = z.number();

/** Attention of one reading position to each latent: `headMean[k]`, and `heads[h][k]`. */
const attentionRowSchema = z.strictObject({
  headMean: z.array(finite),
  heads: z.array(z.array(finite)),
});

/** All that BOT, each latent and EOT of a clean run pay attention to; the keys are `questionTokens`, then the latents. */
const readingSchema = z.strictObject({
  /** `bot` (not of older versions), `latent.0` …, `eot`. */
  readers: z.array(z.string()),
  heads: z.int().positive(),
  keys: z.int().positive(),
  /** `[reader, head, key]`, one character each (`packed-attention.ts`): for looking at, not for statistics. */
  packed: z.string(),
});

const layerAttentionSchema = z.strictObject({
  /** Read at EOT's forward (query = EOT). */
  eot: attentionRowSchema,
  /** Query = the first number token of the run's own answer; null where the answer has none or stops there. */
  number: attentionRowSchema.nullable(),
  /** Baseline only, from schema 3 on. */
  reading: readingSchema.optional(),
  /** Baseline of a run with the study `attention` only, likewise. */
  flow: flowSchema.optional(),
});

/** Of the baseline and of token ablations. */
export const attentionFields = {
  /** `layer_8` → attention to the latents; only layers that were asked for, and empty in the records of other studies. */
  attention: z.record(z.string(), layerAttentionSchema),
};

/** Of the baseline. */
export const saidFields = {
  /** What the head would say first at BOT and after each latent; null under a condition. */
  lens: z.array(z.string()).nullable(),
};

/** Of the baseline, from schema 3 on. */
export const promptFields = {
  /** Texts of the prompt's positions, BOT included where the protocol has one. */
  questionTokens: z.array(z.string()).optional(),
};

/** Of a record that reads nothing of the kind. */
export const NOT_READ = { attention: {}, lens: null } as const;

/** Attention of one reading position to the latents, one layer. */
export type AttentionRow = z.infer<typeof attentionRowSchema>;
/** What BOT, the latents and EOT of a clean run pay attention to, one layer. */
export type PackedReading = z.infer<typeof readingSchema>;
/** Attention to the latents, one layer. */
export type LayerAttention = z.infer<typeof layerAttentionSchema>;

/** `layer_8` for 8. */
export function layerKey(layer: number): string {
  return `layer_${layer}`;
}
