/** A run that says in Redis what it is, so that workers find it and can tell whether they may compute for it. */

import type { Redis } from "ioredis";
import { packageVersion } from "../../disk/package-version.js";
import { hashOf } from "../../records/fingerprint.js";
import type { Setup } from "../plan/setup.js";
import { QUEUE_PROTOCOL } from "./job-message.js";
import { prefixOf, RUNS, type RunPlace, runKey, workersKey } from "./names.js";
import { ForeignMessage, MessageRefused } from "./refusal.js";
import {
  MOST_STATE_BYTES,
  processName,
  type QueueRun,
  type QueueWorkerState,
  runOf,
  workerStateOf,
} from "./run-message.js";
import { ANNOUNCED, lockSeconds, RESULT_KEPT_MS } from "./timing.js";

/** What a run says of itself. Runs that differ in anything that changes a float have another name. */
export function announcementOf(setup: Setup): QueueRun {
  const { options, fingerprint, model, studies, rows } = setup;
  const { weightsSha256, tokenizerSha256, configSha256, studyFiles = [], protocolSha256 } = fingerprint;
  const { name, version, adapter } = model.engine;
  const threads = options.threads ?? null;
  const { layer, depth, latents, protocol, ablations } = studies.context;
  const mine = { protocol: QUEUE_PROTOCOL, version: packageVersion(), threads };
  return {
    ...mine,
    id: hashOf({ ...mine, fingerprint, rows }).slice(0, 16),
    state: "running",
    coordinator: processName(),
    engine: { name, version, ...(adapter === undefined ? {} : { adapter }) },
    ...{ weightsSha256, tokenizerSha256, configSha256 },
    studyFiles: [...studyFiles],
    ...(protocolSha256 === undefined ? {} : { protocolSha256 }),
    context: { layer, depth, latents, protocol, ...(ablations === undefined ? {} : { ablations: [...ablations] }) },
    modelProtocol: options.protocol ?? null,
    ...(options.latents === undefined ? {} : { modelLatents: options.latents }),
    strict: options.strict ?? false,
    lockSeconds: lockSeconds(),
  };
}

/** Says it, for a while. */
export async function announce(redis: Redis, run: QueueRun): Promise<void> {
  await redis.set(runKey(run.id), JSON.stringify(run), "PX", ANNOUNCED.forMs);
  await redis.multi().sadd(RUNS, run.id).pexpire(RUNS, RESULT_KEPT_MS).exec();
}

/** Says that the run is whole, and takes all else of it away. */
export async function announceDone(redis: Redis, run: QueueRun): Promise<void> {
  await announce(redis, { ...run, state: "done" });
  await takeAway({ redis, run: run.id });
}

/** Takes away what BullMQ wrote after a run was announced done: its search for stalled jobs makes the queue's settings anew. */
export async function takeAwayRest(place: RunPlace): Promise<void> {
  const announced = await announcedRun(place.redis, place.run);
  if (announced !== null && "run" in announced && announced.run.state === "done") await takeAway(place);
}

async function takeAway({ redis, run }: RunPlace): Promise<void> {
  const found = redis.scanStream({ match: `${prefixOf(run)}:*`, count: 500 });
  for await (const keys of found as AsyncIterable<string[]>) if (keys.length > 0) await redis.unlink(...keys);
}

/** What is announced: a run, or why its message is not taken. `isForeign`: it is of another version, which may well be meant. */
export type Announced =
  | { readonly run: QueueRun }
  | { readonly id: string; readonly refused: string; readonly isForeign: boolean };

/** All runs that are announced now. */
export async function announcedRuns(redis: Redis): Promise<Announced[]> {
  if (!(await isSmall(redis, RUNS))) return [{ id: RUNS, refused: "the list of runs is too large", isForeign: false }];
  const found: Announced[] = [];
  for (const id of (await redis.smembers(RUNS)).sort()) {
    const announced = await announcedRun(redis, id);
    if (announced === null) await redis.srem(RUNS, id);
    else found.push(announced);
  }
  return found;
}

/** One run as it is announced now, or null. */
export async function announcedRun(redis: Redis, id: string): Promise<Announced | null> {
  try {
    const message = await redis.getrange(runKey(id), 0, MOST_STATE_BYTES);
    if (message === "") return null;
    const run = runOf(message);
    if (run.id !== id) throw new MessageRefused("it is of another run");
    return { run };
  } catch (error) {
    if (error instanceof MessageRefused)
      return { id, refused: error.message, isForeign: error instanceof ForeignMessage };
    if (/WRONGTYPE/.test(String(error))) return { id, refused: "it lies there as something else", isForeign: false };
    throw error;
  }
}

/** A worker says what it does. */
export async function reportState({ redis, run }: RunPlace, [name, state]: [string, QueueWorkerState]): Promise<void> {
  const key = workersKey(run);
  await redis.multi().hset(key, name, JSON.stringify(state)).pexpire(key, RESULT_KEPT_MS).exec();
}

/** What all workers of a run say. @param refuse hears of what is not taken. */
export async function workerStates(
  { redis, run }: RunPlace,
  refuse: (name: string, why: string) => void,
): Promise<Map<string, QueueWorkerState>> {
  const states = new Map<string, QueueWorkerState>();
  const key = workersKey(run);
  if (!(await isSmall(redis, key))) {
    refuse("a stranger", "the list of workers is too large");
    await redis.unlink(key);
    return states;
  }
  for (const [name, message] of Object.entries(await redis.hgetall(key)))
    try {
      states.set(name, workerStateOf(message));
    } catch (error) {
      if (!(error instanceof MessageRefused)) throw error;
      refuse(name.slice(0, 100), error.message);
      await redis.hdel(key, name);
    }
  return states;
}

/** Some workers are heard of no more. */
export async function forgetWorkers({ redis, run }: RunPlace, names: readonly string[]): Promise<void> {
  if (names.length > 0) await redis.hdel(workersKey(run), ...names);
}

const MOST_LIST_BYTES = 16 * 2 ** 20;

async function isSmall(redis: Redis, key: string): Promise<boolean> {
  const bytes = await redis.call("MEMORY", "USAGE", key, "SAMPLES", "0");
  return typeof bytes !== "number" || bytes <= MOST_LIST_BYTES;
}
