/** What a run was: command, versions, hashes, machine, timings. */

import { z } from "zod";
import { storySchema } from "../studies/story.js";
import { protocolField } from "./protocol-field.js";

/** Version of the manifest's shape. */
export const MANIFEST_SCHEMA = 1;

const text = z.string();

const readingSchema = z.looseObject({
  kind: text,
  form: text,
  question: text,
  answer: text,
  steps: text.nullable(),
  /** The same as a sentence's end. */
  said: text,
});

const shardSchema = z.looseObject({
  index: z.int().nonnegative(),
  count: z.int().positive(),
  /** How many records it has when it is complete. */
  records: z.int().nonnegative(),
  /** All conditions of the whole run, in its order. */
  conditions: z.array(z.tuple([text, text])),
  /** Model, base model and study files as they were given: what is made of all records at the end may need them. */
  model: text,
  base: text.optional(),
  studyFiles: z.array(text),
  /** The same of a protocol of one's own. */
  protocolFile: text.optional(),
});

/** Shape of `manifest.json`. `fingerprint` decides whether a folder can be resumed; `stamp` is for the reader. */
export const manifestSchema = z.looseObject({
  schema: z.literal(MANIFEST_SCHEMA),
  status: z.enum(["started", "complete", "partial", "failed"]),
  fingerprint: z.record(text, z.unknown()),
  model: z.looseObject({ name: text, protocol: protocolField, layers: z.number(), latents: z.number() }),
  data: z.looseObject({
    file: text,
    problems: z.number(),
    /** Problems that the file holds, and how it was read; not in manifests of older versions. */
    usable: z.number().optional(),
    reading: readingSchema.optional(),
    skipped: z.array(z.looseObject({ line: z.number(), reason: text })),
    shortfall: z.array(z.unknown()),
  }),
  settings: z.looseObject({
    layers: z.array(z.number()),
    ablateLayer: z.number(),
    seed: z.number(),
    testMode: z.boolean(),
    maxNewTokens: z.number(),
    rowsPerBatch: z.int().positive().optional(),
    /** Problems that are packed into batches together; 16 in older versions, which do not say it. */
    batchProblems: z.int().positive().optional(),
    /** Of each worker; not in manifests of older versions. */
    threads: z.int().positive().optional(),
  }),
  /** Conditions that these problems cannot have, with the reason. */
  leftOut: z.array(z.looseObject({ study: text, condition: text, reason: text })).optional(),
  /** Of a folder that holds one shard of a run. */
  shard: shardSchema.optional(),
  /** How each study is described, for the analysis; not in manifests of older versions. */
  studies: z.array(storySchema).optional(),
  stamp: z.looseObject({ command: text, version: text, startedAt: text }),
});

/** What a shard's folder says of itself. */
export type ShardManifest = z.infer<typeof shardSchema>;
/** A run's manifest. */
export type Manifest = z.infer<typeof manifestSchema>;
