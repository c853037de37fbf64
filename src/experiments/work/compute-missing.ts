/** Computes the jobs that a run's folder lacks, on as many lanes as are of use. */

import { join } from "node:path";
import type { RunStore } from "../../records/store.js";
import { eachSecond } from "../jobs/each-second.js";
import type { Job } from "../jobs/job.js";
import { slowSeconds } from "../jobs/part-cost.js";
import type { RunLog } from "../log.js";
import { usefulWorkers } from "../plan/crew-size.js";
import { layoutOf } from "../plan/layout.js";
import { RateClock } from "../plan/rate-clock.js";
import { rateSubject, type Setup } from "../plan/setup.js";
import { PROFILE_FILES } from "../profile-report.js";
import type { RunnerHooks } from "../runner-hooks.js";
import type { RunShare } from "../shards/share.js";
import { HeldWorker } from "./held-worker.js";
import { JobKeeper, knowsBaselines, missingOf } from "./job-keeper.js";
import { JobPool, type PooledJob } from "./job-pool.js";
import { type JobWatch, type Lane, Lanes } from "./lanes.js";
import type { Worker } from "./worker.js";

/** A run's folder and what it is to hold. */
export interface RunFolder {
  readonly store: RunStore;
  readonly log: RunLog;
  /** Keys of all records, `[problem][condition]`. */
  readonly keys: readonly (readonly string[])[];
  /** What is computed into this folder: all of the run, or a shard. */
  readonly share: RunShare;
}

/** What computes, and who follows. */
export interface Computing extends RunnerHooks {
  /** The crew's lead, started. */
  readonly held: HeldWorker;
  /** Is there anything for the others to do when all jobs are done? */
  readonly hasMore: () => boolean;
}

/** What computed beside the lead. */
export interface Helpers {
  readonly workers: number;
  /** The most memory that each had, added up. */
  readonly peakMemoryBytes: number;
}

/** @throws what a lane ends with, once the others have kept what they had in hand. */
export async function computeMissing(setup: Setup, folder: RunFolder, computing: Computing): Promise<Helpers> {
  const { crew, held, notice, signal } = computing;
  const { config } = setup.model.checkpoint;
  const { store, keys, share } = folder;
  // It loads while the first jobs are planned.
  const opening = crew.isHere ? settled(held.join(setup)) : null;
  const mine = new Set(share.keys);
  const known = (job: Job): boolean => knowsBaselines(job, { store, keys, share: mine });
  const pool = new JobPool(share.jobs, {
    missingOf: (job) => missingOf(job, store),
    knowsBaselines: known,
    costOf: ({ costs }) => slowSeconds(costs, config),
  });
  const clock = await RateClock.of(rateSubject(setup), {
    isHere: crew.isHere,
    // Before the others begin: the steps of this machine when it is quiet.
    measure: async () => {
      await held.join(setup);
      return crew.lead.measureSteps();
    },
    notice,
  });
  const workers = crew.lanes(
    setup,
    usefulWorkers(setup, (most) => pool.ahead(most)),
  );
  const lanes = lanesOf(workers, { setup, folder, computing, knowsBaselines: known });
  opening?.check();
  const begin = watchingJobs(folder, { clock, hooks: computing });
  await new Lanes(lanes, { setup, pool, signal, notice, begin }).run();
  // Recording takes time.
  if (!(await writeProfile(setup, computing))) clock.keep();
  return letGo(workers, { lanes, computing });
}

/** A promise that nobody waits for yet. `check` throws what it was refused with, if it was. */
function settled(promise: Promise<void>): { readonly check: () => void } {
  const refused: unknown[] = [];
  promise.catch((error: unknown) => refused.push(error));
  return {
    check: () => {
      if (refused.length > 0) throw refused[0];
    },
  };
}

function lanesOf(
  workers: readonly Worker[],
  {
    setup,
    folder,
    computing,
    knowsBaselines: known,
  }: {
    readonly setup: Setup;
    readonly folder: RunFolder;
    readonly computing: Computing;
    readonly knowsBaselines: (job: Job) => boolean;
  },
): Lane[] {
  const { promptOf } = layoutOf(setup);
  const { held: lead, crew, notice } = computing;
  return workers.map((worker, place) => {
    const held = worker === crew.lead ? lead : new HeldWorker(setup.options, { ...computing, worker });
    const log = { ...folder.log, logger: folder.log.logger.child({ worker: place + 1 }) };
    const lengthOf = (question: string): number => promptOf(question).length;
    return {
      held,
      isHelper: worker !== crew.lead,
      keeper: new JobKeeper({ ...folder, held, log, notice, knowsBaselines: known, lengthOf }),
    };
  });
}

/** Follows jobs that run side by side. */
function watchingJobs(
  { store, share }: RunFolder,
  { clock, hooks }: { readonly clock: RateClock; readonly hooks: Pick<RunnerHooks, "progress"> },
): (job: PooledJob) => JobWatch {
  const all = share.keys;
  const resumed = all.filter((key) => store.has(key)).length;
  /** Of each job in work, how many items it is worth so far. */
  const aheadOf = new Map<PooledJob, number>();
  let done = resumed;
  const tell = (): void => {
    const ahead = [...aheadOf.values()].reduce((sum, each) => sum + each, 0);
    hooks.progress(done, all.length, { resumed, ...(ahead > 0 ? { ahead } : {}) });
  };
  return (job) => {
    const part = clock.start(job.costs);
    return {
      onForward: eachSecond(part.planned, (share) => {
        aheadOf.set(job, share * job.missing.size);
        tell();
      }),
      end: (records) => {
        aheadOf.delete(job);
        if (records === null) return;
        done += records;
        part.stop();
        tell();
      },
    };
  };
}

/** @returns whether one was recorded. */
async function writeProfile({ dir, options }: Setup, { crew, notice }: Computing): Promise<boolean> {
  const profile = options.profile ? await crew.lead.writeProfile(dir) : [];
  if (profile.length === 0) return false;
  for (const line of profile) notice(line);
  notice(`profile: ${PROFILE_FILES.map((file) => join(dir, file)).join(", ")}`);
  return true;
}

/** Asks the lead's helpers what memory they had, and ends them where nothing is left for them. */
async function letGo(
  workers: readonly Worker[],
  { lanes, computing }: { readonly lanes: readonly Lane[]; readonly computing: Computing },
): Promise<Helpers> {
  const { crew, signal, hasMore } = computing;
  const helpers = workers.filter((worker, place) => worker !== crew.lead && lanes[place]?.held.isReady === true);
  const peaks = signal.aborted ? [] : await Promise.all(helpers.map((worker) => worker.peakMemory()));
  if (signal.aborted || !hasMore()) for (const worker of workers) if (worker !== crew.lead) worker.close();
  return { workers: crew.helpers ?? helpers.length, peakMemoryBytes: peaks.reduce((sum, bytes) => sum + bytes, 0) };
}
