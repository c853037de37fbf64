/** Results in Redis, each a hash of its own: what is said of it, and its pieces. Nothing larger than agreed is read. */

import type { Redis } from "ioredis";
import type { ExperimentRecord } from "../../records/record.js";
import type { Job } from "../jobs/job.js";
import { type RunPlace, resultKey } from "./names.js";
import { MessageRefused } from "./refusal.js";
import { MOST_NOTE_BYTES, noteOf, type PackedResult, RESULT_BYTES, recordsOf } from "./result-message.js";
import { RESULT_KEPT_MS } from "./timing.js";

const NOTE = "note";

/** Puts a result down, whole or not at all, in place of an earlier one. */
export async function putResult({ redis, run }: RunPlace, { note, pieces }: PackedResult): Promise<void> {
  const key = resultKey(run, note.job);
  const all = redis.multi().del(key);
  for (const [at, piece] of pieces.entries()) all.hset(key, `${at}`, piece);
  const done = await all.hset(key, NOTE, JSON.stringify(note)).pexpire(key, RESULT_KEPT_MS).exec();
  const failed = done?.find(([error]) => error !== null)?.[0];
  if (failed) throw failed;
}

/** Which of some jobs have a result. */
export async function withResult({ redis, run }: RunPlace, jobs: readonly string[]): Promise<string[]> {
  if (jobs.length === 0) return [];
  const asked = redis.pipeline();
  for (const job of jobs) asked.exists(resultKey(run, job));
  const found = (await asked.exec()) ?? [];
  return jobs.filter((_, at) => found[at]?.[1] === 1);
}

/** A result that was found, and who computed it. */
export interface FoundResult {
  readonly records: readonly ExperimentRecord[];
  readonly worker: string;
}

/** @returns null where it is gone meanwhile. @throws MessageRefused where it is not what was asked for. */
export async function takeResult({ redis, run }: RunPlace, job: Job): Promise<FoundResult | null> {
  const key = resultKey(run, job.key);
  const stated = await fieldOf(redis, key, { field: NOTE, most: MOST_NOTE_BYTES });
  if (stated === null) {
    if ((await redis.exists(key)) === 0) return null;
    throw new MessageRefused("nothing is said of it");
  }
  const note = noteOf(stated.toString("utf8"), job.key);
  const pieces: Buffer[] = [];
  for (let at = 0; at < note.pieces; at++) {
    const piece = await fieldOf(redis, key, { field: `${at}`, most: RESULT_BYTES.piece });
    if (piece === null) throw new MessageRefused(`its piece ${at} of ${note.pieces} is missing`);
    pieces.push(piece);
  }
  return { records: await recordsOf({ note, pieces }, job), worker: note.worker };
}

/** Takes a result away. */
export async function dropResult({ redis, run }: RunPlace, job: string): Promise<void> {
  await redis.unlink(resultKey(run, job));
}

/** One field of a hash; asked for its size first. */
async function fieldOf(
  redis: Redis,
  key: string,
  { field, most }: { readonly field: string; readonly most: number },
): Promise<Buffer | null> {
  let bytes: number;
  try {
    bytes = await redis.hstrlen(key, field);
  } catch (error) {
    if (/WRONGTYPE/.test(String(error))) throw new MessageRefused("it lies there as something else");
    throw error;
  }
  if (bytes === 0) return null;
  if (bytes > most) throw new MessageRefused(`a part of it has ${bytes} bytes, at most ${most} are read`);
  return redis.hgetBuffer(key, field);
}
