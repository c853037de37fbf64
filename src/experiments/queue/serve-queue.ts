/** A worker of a queue: waits for runs that it may compute for, and computes for one after the other. */

import type { Redis } from "ioredis";
import { CodiLensError, EnvironmentError } from "../../base/errors.js";
import { packageVersion } from "../../disk/package-version.js";
import type { QueueAddress } from "./address.js";
import { type Announced, announcedRuns, reportState } from "./announcement.js";
import { connectQueue } from "./connection.js";
import { type OwnFiles, type OwnHashes, ownHashes, refusalOf } from "./own-model.js";
import { queuePackages } from "./packages.js";
import { processorHere, type QueueRun } from "./run-message.js";
import { Station, type StationParts } from "./station.js";
import { BEAT } from "./timing.js";

/** What a worker is given. */
export interface ServeOptions {
  readonly address: QueueAddress;
  readonly files: OwnFiles;
  /** What it is called in progress and messages. */
  readonly name: string;
  /** End when the run that it computed for is whole. */
  readonly isOnce: boolean;
}

/** Who stops it, and who hears it. */
export interface ServeHooks {
  readonly signal: AbortSignal;
  readonly notice: (text: string) => void;
}

/**
 * Computes for a queue until it is stopped.
 *
 * @returns how many jobs it finished.
 * @throws BadInputError where all runs that are there are of another model or study; EnvironmentError where they are of another version or
 *   engine, or the queue or the engine cannot be had.
 */
export async function serveQueue({ address, files, name, isOnce }: ServeOptions, hooks: ServeHooks): Promise<number> {
  const packages = await queuePackages();
  const own = await ownHashes(files);
  const redis = await connectQueue(address, hooks);
  const parts: StationParts = { redis, packages, files, own, name, ...hooks };
  let jobs = 0;
  try {
    hooks.notice(`worker ${name} is at the queue ${address.shown}`);
    for (;;) {
      const run = await nextRun(parts);
      if (run === null) return jobs;
      const { left, done } = await atRun(run, parts);
      jobs += done;
      hooks.notice(left === "done" ? `run ${run.id} is done` : `left run ${run.id}`);
      if (left === "stopped" || (isOnce && left === "done")) return jobs;
    }
  } finally {
    redis.disconnect();
  }
}

/** Says at the run why it is refused, whatever finds that out. */
async function atRun(run: QueueRun, parts: StationParts): ReturnType<Station["serve"]> {
  try {
    return await new Station(run, parts).serve();
  } catch (error) {
    if (error instanceof CodiLensError)
      await sayRefusal(parts.redis, { id: run.id, name: parts.name, why: error.message });
    throw error;
  }
}

/** Waits for a run that may be computed for. @returns null where the signal came first. @throws where all that are there are refused. */
async function nextRun({ redis, own, name, signal, notice }: StationParts): Promise<QueueRun | null> {
  const said = new Set<string>();
  const sayOnce = (text: string): void => {
    if (!said.has(text)) notice(text);
    said.add(text);
  };
  while (!signal.aborted) {
    const announced = (await announcedRuns(redis)).filter((each) => !("run" in each) || each.run.state === "running");
    const errors: CodiLensError[] = [];
    for (const each of announced) {
      const error = refused(each, own);
      if (error === null && "run" in each) return each.run;
      if (error === null) {
        // What nobody could have meant is passed over.
        sayOnce(`an announcement is passed over: ${"refused" in each ? each.refused : ""}`);
        continue;
      }
      errors.push(error);
      await sayRefusal(redis, { id: "run" in each ? each.run.id : each.id, name, why: error.message });
    }
    const [first] = errors;
    if (first !== undefined) throw first;
    sayOnce("no run is on the queue; waiting for one");
    await new Promise((next) => setTimeout(next, BEAT.everyMs));
  }
  return null;
}

function refused(announced: Announced, own: OwnHashes): CodiLensError | null {
  if ("run" in announced) return refusalOf(announced.run, own);
  if (!announced.isForeign) return null;
  return new EnvironmentError(
    `Run ${announced.id.slice(0, 40)} cannot be read: ${announced.refused}`,
    "use the same version of CodiLens for the run and its workers",
  );
}

async function sayRefusal(
  redis: Redis,
  { id, name, why }: { readonly id: string; readonly name: string; readonly why: string },
): Promise<void> {
  const state = {
    state: "refused",
    why: why.slice(0, 2_000),
    version: packageVersion(),
    processor: processorHere(),
  } as const;
  await reportState({ redis, run: id }, [name, { ...state, job: null, forwarded: 0, done: 0, beat: 0 }]).catch(
    () => undefined,
  );
}
