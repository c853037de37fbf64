/** A job as a message. It is data: nothing of it is run, and what the schema does not know is refused. */

import { z } from "zod";
import { firstIssue } from "../../base/errors.js";
import { interventionSchema } from "../../model/hooks/interventions.js";
import { hashOf } from "../../records/fingerprint.js";
import { protocolField } from "../../records/protocol-field.js";
import type { Job } from "../jobs/job.js";
import { STRATA } from "../problems/problem.js";
import { MessageRefused } from "./refusal.js";

/** Version of what coordinator and workers say to each other. */
export const QUEUE_PROTOCOL = 1;

/** Bytes of a job as JSON, at most. Those of the 1B study have about 100 kB. */
export const MOST_JOB_BYTES = 4 * 2 ** 20;

const text = z.string();
const whole = z.int().nonnegative();
/** Name of a record or job: SHA-256 as text. */
export const sha256Text = z.string().regex(/^[0-9a-f]{64}$/);

const problemSchema = z.strictObject({
  id: text,
  question: text,
  expected: z.union([z.number(), text, z.boolean()]),
  difficulty: z.enum(STRATA),
  steps: z.array(z.number().nullable()).exactOptional(),
  equations: z.array(text).exactOptional(),
  counterfactual: text.exactOptional(),
});

const patchSchema = z.strictObject({
  base: z.enum(["clean", "counterfactual"]),
  site: z.enum(["resid", "attn", "mlp", "head", "all"]),
  control: z.enum(["unrelated", "identity"]).nullable(),
  at: z.enum(["latents", "answer", "each"]).nullable(),
  by: z.enum(["gradient", "integrated"]).exactOptional(),
  problems: whole.exactOptional(),
  runs: whole.exactOptional(),
  isPredicted: z.literal(true).exactOptional(),
});

const conditionSchema = z.strictObject({
  study: text,
  name: text,
  latent: whole.nullable(),
  factors: z.record(text, z.union([z.number(), text])),
  interventions: z.array(interventionSchema),
  latents: whole.exactOptional(),
  isIdentity: z.boolean().exactOptional(),
  patch: patchSchema.exactOptional(),
  hooked: z.array(text).exactOptional(),
  isIdle: z.literal(true).exactOptional(),
  isMuted: z.literal(true).exactOptional(),
});

const settingsSchema = z.strictObject({
  protocol: protocolField,
  engine: z.strictObject({ name: text, version: text, adapter: text }).exactOptional(),
  seed: z.number(),
  ablateLayer: whole,
  layers: z.array(whole),
  maxNewTokens: whole,
  rows: z.int().positive(),
  studies: z.array(text),
  problems: whole,
  reference: z.array(text),
  wholeSample: z.literal(true).exactOptional(),
});

const jobSchema = z.strictObject({
  key: sha256Text,
  problems: z
    .array(
      z.strictObject({
        problem: problemSchema,
        index: whole,
        keys: z.array(sha256Text.nullable()),
        drafts: z.record(text, z.record(text, z.json())).exactOptional(),
      }),
    )
    .min(1),
  conditions: z.array(conditionSchema).min(1),
  latents: whole,
  reads: z.array(text),
  settings: settingsSchema,
});

/** @returns the message. @throws RangeError where the job is larger than a message may be. */
export function jobMessage(job: Job): string {
  const message = JSON.stringify(job);
  if (Buffer.byteLength(message) <= MOST_JOB_BYTES) return message;
  throw new RangeError(`A job has ${Buffer.byteLength(message)} bytes, and a queue takes ${MOST_JOB_BYTES}`);
}

/** @param key name under which the message lay in the queue. @throws MessageRefused naming the first thing that is wrong. */
export function jobOf(message: unknown, key: string): Job {
  if (typeof message !== "string") throw new MessageRefused("it is no text");
  // Each sign has at least one byte, so that this bounds what is parsed.
  if (message.length > MOST_JOB_BYTES)
    throw new MessageRefused(`it has ${message.length} bytes, at most ${MOST_JOB_BYTES} are read`);
  const job = parsedJob(message);
  const { key: stated, ...rest } = job;
  if (stated !== key || hashOf(rest) !== key) throw new MessageRefused("its content does not fit its name");
  if (job.problems.some(({ keys }) => keys.length !== job.conditions.length))
    throw new MessageRefused("a problem has not one key a condition");
  return job;
}

function parsedJob(message: string): Job {
  let value: unknown;
  try {
    value = JSON.parse(message);
    const checked = jobSchema.safeParse(value);
    if (!checked.success) throw new MessageRefused(firstIssue(checked.error));
  } catch (error) {
    if (error instanceof MessageRefused) throw error;
    // No JSON; or an address in it that is none.
    throw new MessageRefused(error instanceof Error ? error.message.slice(0, 200) : "it cannot be read");
  }
  // As it came: a schema's own copy could order its fields otherwise.
  return value as Job;
}

type Fields<T> = keyof T;
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;
type Sent = z.infer<typeof jobSchema>;
type Patch<C extends { readonly patch?: object }> = NonNullable<C["patch"]>;
type Asked<J extends { readonly problems: readonly { readonly problem: object }[] }> = J["problems"][number]["problem"];

/** Does not compile where a job has a field that the schema does not know, or the other way round. */
export const SAME_FIELDS: {
  readonly job: Same<Fields<Job>, Fields<Sent>>;
  readonly problem: Same<Fields<Job["problems"][number]>, Fields<Sent["problems"][number]>>;
  readonly condition: Same<Exclude<Fields<Job["conditions"][number]>, "hooks">, Fields<Sent["conditions"][number]>>;
  readonly patch: Same<Fields<Patch<Job["conditions"][number]>>, Fields<Patch<Sent["conditions"][number]>>>;
  readonly asked: Same<Fields<Asked<Job>>, Fields<Asked<Sent>>>;
  readonly settings: Same<Fields<Job["settings"]>, Fields<Sent["settings"]>>;
} = { job: true, problem: true, condition: true, patch: true, asked: true, settings: true };
