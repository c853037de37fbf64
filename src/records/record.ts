/** One line of `records.jsonl`: one problem under one condition. The only file that the analysis shares with the runner. */

import { z } from "zod";
import { flowSchema, residualSchema } from "./record-readings.js";

/** Version of the record's shape; readers refuse a newer one. 2: any study's name, and `condition.factors`. 3: fields that may be left out, and records with status `patched`. 4: answers read by the protocol's rule and by the careful one, letters and truth values; `problem.steps` may hold null; what interventions drew on. */
export const RECORD_SCHEMA = 4;
/** Versions that can be read. */
export const READ_SCHEMAS = [1, 2, 3, RECORD_SCHEMA] as const;

const finite = z.number();
/** A number; from schema 4 on also an option's letter, or a truth value. */
const answerSchema = z.union([finite, z.enum(["A", "B", "C", "D", "E"]), z.boolean()]);
const tokenSchema = z.strictObject({
  id: z.int().nonnegative(),
  text: z.string(),
  /** Natural logarithm of the token's probability. */
  logProb: finite,
  /** Logit of the best token minus that of the second best. */
  margin: finite.nonnegative(),
});

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
  /** Likewise. */
  flow: flowSchema.optional(),
});

/** Measures of one run; `delta…`, `kl…` and `attentionL2` compare with the same problem's baseline and are null in the baseline itself. */
const measuresSchema = z.strictObject({
  /** Teacher-forced log-probability of the expected number's tokens, summed, natural logarithm. */
  expectedLogProb: finite.nullable(),
  deltaExpectedLogProb: finite.nullable(),
  /** KL(baseline || this run) in nats at the position that predicts the first number token, both teacher-forced. */
  klAtNumber: finite.nullable(),
  /** The same where the answer's first token is predicted, as the original study has it; conditions of `corruption` only, not of older versions. */
  klAtFirst: finite.nullable().optional(),
  /** Euclidean distance of head-mean attention from EOT to the latents, by layer (`layer_8`). */
  attentionL2: z.record(z.string(), finite).nullable(),
  /** Best minus second-best logit at the first number token of this run's own answer. */
  marginAtNumber: finite.nullable(),
  flip: z.enum(["none", "right-to-wrong", "wrong-to-right"]).nullable(),
});

/** What every layer of a clean run holds at BOT and the latents. */
const layerLensSchema = z.strictObject({
  /** `bot`, `latent.0` … */
  positions: z.array(z.string()),
  /** Residual stream before the first block (`embed`) and after each (`0` …). */
  layers: z.array(z.string()),
  /** `[layer][position]`: the head's first choice after the final norm. */
  first: z.array(z.array(z.string())),
  /** A row for each value in `problem.steps`: rank (1 is first) and log-probability of its token, `[layer][position]`; null where the value is unknown or not one token. */
  steps: z.array(
    z.strictObject({ ranks: z.array(z.array(z.int().positive())), logProbs: z.array(z.array(finite)) }).nullable(),
  ),
  /** `[layer of stateLayers, position, width]`, float32, little-endian, base64. */
  stateLayers: z.array(z.string()),
  width: z.int().positive(),
  states: z.base64(),
});

/** One intervention that draws on other runs. */
const drawnSchema = z.strictObject({
  intervention: z.string(),
  /** Of `mean` and `resample`: `problem.index` of each problem that was drawn on; a mean at `question.k` is over those that have the position. */
  donors: z.array(z.int().nonnegative()).optional(),
  /** Of `shuffle`: for each addressed position in the order of the sequence, the one that its values came from. */
  order: z.array(z.string()).optional(),
});

const base = {
  schema: z.literal([...READ_SCHEMAS]),
  /** SHA-256 over weights, tokenizer, protocol, dtype, engine and version, condition, problem, seed, decode settings. */
  key: z.string().regex(/^[0-9a-f]{64}$/),
  /** `baseline`, or the study that the condition belongs to. */
  study: z.string().min(1),
  protocol: z.enum(["codi", "seed"]),
  problem: z.strictObject({
    id: z.string(),
    /** Place in the sampled set, from 0; orders the original study's files. */
    index: z.int().nonnegative(),
    difficulty: z.string(),
    question: z.string(),
    /** The question as it was tokenised, where the protocol changed it; from schema 4 on. */
    asked: z.string().optional(),
    expected: answerSchema,
    /** Values of the solution's steps, where the data file marks them; null (from schema 4 on) keeps the place of one whose value is unknown. */
    steps: z.array(finite.nullable()).optional(),
  }),
  condition: z.strictObject({
    name: z.string(),
    /** Interventions as text, e.g. `zero:blocks.8.hook_resid_post@latent.2`; empty for the baseline. */
    interventions: z.array(z.string()),
    /** The latent that `token-ablation` zeroes, or null. */
    latent: z.int().nonnegative().nullable(),
    /** How many latents were run, where it was another number than the checkpoint's; from schema 3 on. */
    latents: z.int().nonnegative().optional(),
    /** What sets the condition apart within its study; not in records of schema 1. */
    factors: z.record(z.string(), z.union([z.string(), finite])).optional(),
  }),
};

const okSchema = z.strictObject({
  ...base,
  status: z.literal("ok"),
  answer: z.strictObject({
    text: z.string(),
    tokens: z.array(tokenSchema),
    finish: z.enum(["eos", "limit"]),
    /** By the protocol's own rule. */
    predicted: answerSchema.nullable(),
    /** Why there is none (`empty answer`, `no number in answer`), or null. */
    noNumberReason: z.string().nullable(),
    correct: z.boolean(),
    /** By the careful rule (one grammar of numbers for answer and data); from schema 4 on. */
    careful: z
      .strictObject({ predicted: answerSchema.nullable(), noNumberReason: z.string().nullable(), correct: z.boolean() })
      .optional(),
  }),
  measures: measuresSchema,
  /** What `mean`, `resample` and `shuffle` drew on; only where one of them acted, from schema 4 on. */
  drawn: z.array(drawnSchema).optional(),
  /** `layer_8` → attention to the latents; only layers that were asked for, and only of baseline and `token-ablation`. */
  attention: z.record(z.string(), layerAttentionSchema),
  /**
   * By latent, how far the residual stream after the last block is from the baseline's: ‖this − baseline‖ / ‖baseline‖, null where the
   * baseline's is all zero. Conditions of `question-to-latent` and `latent-to-latent` only; not of older versions.
   */
  latentChange: z.array(finite.nonnegative().nullable()).optional(),
  /**
   * By block, share of the reader's attention that goes in the baseline to the positions which the condition cuts, mean over heads.
   * The same conditions only, where the reader is BOT, a latent or EOT; not of older versions.
   */
  cutAttention: z.array(finite.nonnegative()).optional(),
  /** What the head would say first at BOT and after each latent (baseline only). */
  lens: z.array(z.string()).nullable(),
  /** Baseline of a run with the study `lens` only, from schema 3 on. */
  layerLens: layerLensSchema.optional(),
  /** Texts of the prompt's positions, BOT included where the protocol has one; baseline only, from schema 3 on. */
  questionTokens: z.array(z.string()).optional(),
  /** By layer asked for, and the last: attention rollout from EOT to each latent's input (Abnar and Zuidema 2020); baseline only. */
  rollout: z.record(z.string(), z.array(finite)).optional(),
  /** Baseline only, where the study was asked for. */
  residual: residualSchema.optional(),
});

const failedSchema = z.strictObject({
  ...base,
  status: z.literal("failed"),
  error: z.strictObject({ name: z.string(), message: z.string() }),
});

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

/** A problem's run patched cell by cell with another's. */
const patchedSchema = z.strictObject({
  ...base,
  status: z.literal("patched"),
  pair: z.discriminatedUnion("status", [keptPairSchema, droppedPairSchema]),
  /** Null where the pair was dropped, or no unrelated problem was found. */
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
    })
    .nullable(),
});

/** One record without its checksum. */
export const recordSchema = z.discriminatedUnion("status", [okSchema, failedSchema, patchedSchema]);

/** One problem under one condition, computed or failed with its reason. */
export type ExperimentRecord = z.infer<typeof recordSchema>;
/** A record whose run completed. */
export type OkRecord = z.infer<typeof okSchema>;
/** A map of patches. */
export type PatchedRecord = z.infer<typeof patchedSchema>;
/** A pair whose answers differ. */
export type KeptPair = z.infer<typeof keptPairSchema>;
/** Attention of one reading position to the latents, one layer. */
export type AttentionRow = z.infer<typeof attentionRowSchema>;

/** What BOT, the latents and EOT of a clean run pay attention to, one layer. */
export type PackedReading = z.infer<typeof readingSchema>;
export type { FlowReading, ResidualReading } from "./record-readings.js";

/** States of BOT and the latents at every layer, and what the head says of them. */
export type LayerLens = z.infer<typeof layerLensSchema>;

/** `layer_8` for 8. */
export function layerKey(layer: number): string {
  return `layer_${layer}`;
}
