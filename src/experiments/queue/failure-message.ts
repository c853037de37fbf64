/** Why a worker could not compute a job, as the text that the queue keeps of it. */

import { z } from "zod";
import { failureOf } from "../work/failure.js";

const text = z.string().max(4_000);

const failureSchema = z.strictObject({
  name: text,
  message: text,
  stack: text.nullable(),
  exitCode: z.int().min(1).max(6).nullable(),
  hint: text.nullable(),
});

/**
 * `died`: the process that computed it ended. `refused`: the message was not taken. `failed`: an error as it would end a run here.
 */
const lostSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("died"), worker: text, why: text }),
  z.strictObject({ kind: z.literal("refused"), worker: text, why: text }),
  z.strictObject({ kind: z.literal("failed"), worker: text, failure: failureSchema }),
]);

/** What became of a job that has no result. */
export type LostJob = z.infer<typeof lostSchema>;

/** Bytes of it, at most. */
export const MOST_LOST_BYTES = 32 * 2 ** 10;

/** @returns the text that `lostJobOf` reads. */
export function lostText(lost: LostJob): string {
  return JSON.stringify(lost);
}

/** An error of a worker, small enough to be sent. */
export function failedJob(worker: string, error: unknown): LostJob {
  const { name, message, stack, exitCode, hint } = failureOf(error);
  const short = (whole: string | null): string | null => whole?.slice(0, 4_000) ?? null;
  const failure = {
    name: name.slice(0, 200),
    message: message.slice(0, 4_000),
    stack: short(stack),
    exitCode,
    hint: short(hint),
  };
  return { kind: "failed", worker, failure };
}

/** What a failed job's text says; anything else is the queue's own word for workers that were lost with it. */
export function lostJobOf(message: string): LostJob {
  try {
    const found = lostSchema.safeParse(JSON.parse(message));
    if (found.success) return found.data;
  } catch {
    // Not ours.
  }
  return { kind: "died", worker: "the queue", why: `the loss of its worker (${message.slice(0, 200)})` };
}
