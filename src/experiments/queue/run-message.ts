/** What a run and its workers say of themselves in Redis: small JSON, replaced every few seconds. */

import { cpus, hostname } from "node:os";
import { z } from "zod";
import { firstIssue } from "../../base/errors.js";
import { PROTOCOL_NAMES } from "../../model/latent/protocols/names.js";
import { ENGINE_NAMES } from "../../model/tensor/engine-names.js";
import { protocolField } from "../../records/protocol-field.js";
import { QUEUE_PROTOCOL, sha256Text } from "./job-message.js";
import { ForeignMessage, MessageRefused } from "./refusal.js";

const text = z.string().max(1_000);
const whole = z.int().nonnegative();

const runSchema = z.strictObject({
  protocol: z.int(),
  /** Of CodiLens. */
  version: text,
  id: z.string().regex(/^[0-9a-f]{16}$/),
  state: z.enum(["running", "done"]),
  /** Where it is coordinated. */
  coordinator: text,
  engine: z.strictObject({ name: z.enum(ENGINE_NAMES), version: text, adapter: text.optional() }),
  /** Of one op; null: as many as the engine wants. */
  threads: z.int().positive().nullable(),
  weightsSha256: text,
  tokenizerSha256: text,
  configSha256: text,
  /** SHA-256 of the study files, sorted. */
  studyFiles: z.array(sha256Text).max(200),
  /** What the study files' conditions are made for. */
  context: z.strictObject({
    layer: whole,
    depth: whole,
    latents: whole,
    protocol: protocolField,
    ablations: z.array(text).max(100).exactOptional(),
  }),
  /** SHA-256 of the protocol's file, where it is one of the user's own. */
  protocolSha256: sha256Text.exactOptional(),
  /** As the coordinator was asked for; null: as the checkpoint says, or as the file does. */
  modelProtocol: z.enum(PROTOCOL_NAMES).nullable(),
  /** The same of how many latents. */
  modelLatents: z.int().positive().exactOptional(),
  strict: z.boolean(),
  lockSeconds: z.int().positive().max(9_999),
});

/** A run as it is announced. */
export type QueueRun = z.infer<typeof runSchema>;

const workerSchema = z.strictObject({
  /** Of CodiLens. */
  version: text,
  state: z.enum(["loading", "waiting", "computing", "stopping", "refused"]),
  /** Why it refused the run. */
  why: z.string().max(2_000).exactOptional(),
  processor: text,
  job: sha256Text.nullable(),
  /** Token-forwards in that job. */
  forwarded: whole,
  /** Jobs that it finished for this run. */
  done: whole,
  /** Counts up while it lives: clocks of two machines need not agree. */
  beat: whole,
});

/** What a worker does. */
export type QueueWorkerState = z.infer<typeof workerSchema>;

/** Bytes of either message, at most. */
export const MOST_STATE_BYTES = 64 * 2 ** 10;

/** @throws MessageRefused naming the first thing that is wrong. */
export function runOf(message: string): QueueRun {
  const value = jsonOf(message);
  // Another version's message may have other fields: what differs is named, not how it is written.
  const { protocol } = (value ?? {}) as { readonly protocol?: unknown };
  if (typeof protocol === "number" && protocol !== QUEUE_PROTOCOL)
    throw new ForeignMessage(`queue protocol: ${protocol} there, ${QUEUE_PROTOCOL} here`);
  return checked(runSchema, value);
}

/** @throws MessageRefused naming the first thing that is wrong. */
export function workerStateOf(message: string): QueueWorkerState {
  return checked(workerSchema, jsonOf(message));
}

/** `host:pid`: what a worker is called unless it has a name. */
export function processName(): string {
  return `${hostname().slice(0, 60)}:${process.pid}`;
}

/** What kind of processor this machine has. */
export function processorHere(): string {
  return cpus()[0]?.model.trim().slice(0, 200) || process.arch;
}

function jsonOf(message: string): unknown {
  if (message.length > MOST_STATE_BYTES) throw new MessageRefused(`it has more than ${MOST_STATE_BYTES} bytes`);
  try {
    return JSON.parse(message);
  } catch {
    throw new MessageRefused("it is no JSON");
  }
}

function checked<T>(schema: z.ZodType<T>, value: unknown): T {
  const found = schema.safeParse(value);
  if (!found.success) throw new MessageRefused(firstIssue(found.error));
  return found.data;
}
