/** One line of `records.jsonl`: one problem under one condition. The only file that the analysis shares with the runner. */

import { z } from "zod";
import { recordFields, recordMeasures } from "../studies/fields.js";
import { patchedFields } from "../studies/patching/record.js";
import { protocolField } from "./protocol-field.js";

/** Version of the record's shape; readers refuse a newer one. 2: any study's name, and `condition.factors`. 3: fields that may be left out, and records with status `patched`. 4: answers read by the protocol's rule and by the careful one, letters and truth values; `problem.steps` may hold null; what interventions drew on. */
export const RECORD_SCHEMA = 4;
/** Versions that can be read. */
export const READ_SCHEMAS = [1, 2, 3, RECORD_SCHEMA] as const;

const finite = z.number();
/** A number; from schema 4 on also an option's letter, or a truth value; under protocols that compare texts any text. */
const answerSchema = z.union([finite, z.string().min(1), z.boolean()]);
const tokenSchema = z.strictObject({
  id: z.int().nonnegative(),
  text: z.string(),
  /** Natural logarithm of the token's probability. */
  logProb: finite,
  /** Logit of the best token minus that of the second best. */
  margin: finite.nonnegative(),
});

/** Measures of one run; `delta…`, `kl…` and `attentionL2` compare with the same problem's baseline and are null in the baseline itself. */
const measuresSchema = z.strictObject({
  /** Teacher-forced log-probability of the expected number's tokens, summed, natural logarithm. */
  expectedLogProb: finite.nullable(),
  deltaExpectedLogProb: finite.nullable(),
  /** KL(baseline || this run) in nats at the position that predicts the first number token, both teacher-forced. */
  klAtNumber: finite.nullable(),
  ...recordMeasures,
  /** Best minus second-best logit at the first number token of this run's own answer. */
  marginAtNumber: finite.nullable(),
  flip: z.enum(["none", "right-to-wrong", "wrong-to-right"]).nullable(),
});

/** One intervention that draws on other runs. */
const drawnSchema = z.strictObject({
  intervention: z.string(),
  /** Of `mean` and `resample`: `problem.index` of each problem that was drawn on; a mean at `question.k` is over those that have the position. */
  donors: z.array(z.int().nonnegative()).optional(),
  /** Of `shuffle`: for each addressed position in the order of the sequence, the one that its values came from. */
  order: z.array(z.string()).optional(),
});

/** What computed a record. */
const engineSchema = z.strictObject({ name: z.string(), version: z.string(), adapter: z.string() });

const base = {
  schema: z.literal([...READ_SCHEMAS]),
  /** SHA-256 over weights, tokenizer, protocol, dtype, engine and version, condition, problem, seed, decode settings. */
  key: z.string().regex(/^[0-9a-f]{64}$/),
  /** `baseline`, or the study that the condition belongs to. */
  study: z.string().min(1),
  protocol: protocolField,
  /** Only where the engine names its GPU, whose last digits are its own; from schema 4 on. */
  engine: engineSchema.optional(),
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
  // What is read of it, study by study.
  ...recordFields,
});

const failedSchema = z.strictObject({
  ...base,
  status: z.literal("failed"),
  error: z.strictObject({ name: z.string(), message: z.string() }),
});

/** A problem's run patched cell by cell with another's. */
const patchedSchema = z.strictObject({ ...base, status: z.literal("patched"), ...patchedFields });

/** One record without its checksum. */
export const recordSchema = z.discriminatedUnion("status", [okSchema, failedSchema, patchedSchema]);

/** What computed a record, where a GPU did that names itself. */
export type RecordEngine = z.infer<typeof engineSchema>;
/** One problem under one condition, computed or failed with its reason. */
export type ExperimentRecord = z.infer<typeof recordSchema>;
/** A record whose run completed. */
export type OkRecord = z.infer<typeof okSchema>;

/** Did the run give an answer? */
export function isOk(record: ExperimentRecord): record is OkRecord {
  return record.status === "ok";
}
