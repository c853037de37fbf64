/** How many processes of this machine compute a run, with how many threads each, and what memory that takes. Nothing is started or measured. */

import { mebibytes } from "../../base/bytes.js";
import { EnvironmentError, UsageError } from "../../base/errors.js";
import type { Checkpoint } from "../../model/checkpoint/load.js";
import { widenedBytes } from "../../model/latent/load/load-bytes.js";
import { ENGINE_BYTES, loadEstimate } from "../../model/latent/load/memory.js";
import { threadsFor } from "../../model/latent/load/threads.js";
import { usableCores } from "../../model/tensor/engines/cores.js";
import { type AvailableMemory, sharedMemory } from "../../model/tensor/engines/host.js";
import type { Hold } from "../../model/tensor/hold-names.js";
import { activationBytes } from "./batch-memory.js";
import type { ExperimentOptions } from "./options.js";

/** What a machine has for a run. */
export interface Machine {
  /** Physical cores that may be used. */
  readonly cores: number;
  readonly memory: AvailableMemory;
}

/** What a worker holds. */
export interface WorkerLoad {
  readonly checkpoint: Pick<Checkpoint, "config" | "plan">;
  readonly hold?: Hold | undefined;
  /** Rows that are computed at once. */
  readonly rows: number;
  /** Of the longest row. */
  readonly positions: number;
}

/** Workers of a run. */
export interface CrewSize {
  readonly workers: number;
  /** Of each. */
  readonly threads: number;
  /** Memory that each may come to hold. */
  readonly bytesEach: number;
}

/** This machine as it is now. */
export function thisMachine(): Machine {
  return { cores: usableCores(), memory: sharedMemory() };
}

/**
 * A small model has one worker a core with one thread each. A large one has a single worker with a thread a core by default: a second one
 * would hold the weights once more. Threads change the last digits, workers change nothing, so a run keeps its threads.
 *
 * @throws UsageError for no whole number of workers, and where a profile is wanted of several.
 */
export function crewSize(
  load: WorkerLoad,
  { workers, threads, profile }: Pick<ExperimentOptions, "workers" | "threads" | "profile">,
  { cores, memory }: Machine,
): CrewSize {
  if (workers !== undefined && !(Number.isInteger(workers) && workers > 0))
    throw new UsageError(
      `workers is ${workers}, wanted a whole number from 1`,
      "leave it away for as many as are of use",
    );
  if (profile && workers !== undefined && workers > 1)
    throw new UsageError(
      `--profile records one worker, found --workers ${workers}`,
      "leave --workers away, or say --workers 1",
    );
  const bytesEach = workerBytes(load);
  const own =
    givenThreads(threads) ?? threadsFor(load.checkpoint.config) ?? Math.max(1, Math.floor(cores / (workers ?? 1)));
  const byCores = Math.max(1, Math.floor(cores / own));
  const byMemory = Math.max(1, Math.floor(memory.bytes / bytesEach));
  return { workers: workers ?? (profile ? 1 : Math.min(byCores, byMemory)), threads: own, bytesEach };
}

/** Another worker takes seconds to start, so that much work by slow seconds must be there for each beyond the first. */
const WORTH_STARTING = 1.5;

/**
 * Workers that have something to do.
 *
 * @param ahead how many jobs are left, counted up to some number, and the slow seconds of these.
 * @returns as many as were asked for, where they have a job each; else no more than are worth their start.
 */
export function usefulWorkers(
  { crew, options }: { readonly crew: CrewSize; readonly options: Pick<ExperimentOptions, "workers"> },
  ahead: (most: number) => { readonly jobs: number; readonly cost: number },
): number {
  if (crew.workers === 1) return 1;
  const { jobs, cost } = ahead(4 * crew.workers);
  const worth = options.workers === undefined ? 1 + Math.floor(cost / WORTH_STARTING) : crew.workers;
  return Math.max(1, Math.min(crew.workers, jobs, worth));
}

/** A run of fewer items is often over before another worker is ready. */
const MANY_ITEMS = 500;

/** Workers that may start before it is planned which jobs there are. */
export function likelyWorkers({ workers }: Pick<CrewSize, "workers">, items: number): number {
  return items < MANY_ITEMS ? 1 : workers;
}

/** @throws EnvironmentError where several workers cannot have the memory that they need, unless forced. */
export function checkCrewMemory(
  { workers, bytesEach }: CrewSize,
  { memory, force }: { readonly memory: AvailableMemory; readonly force: boolean },
): void {
  // What a single one needs is checked when it loads.
  if (force || workers === 1 || workers * bytesEach <= memory.bytes) return;
  throw new EnvironmentError(
    `Not enough memory for ${workers} workers: they need about ${mebibytes(workers * bytesEach)} together (${mebibytes(bytesEach)} each), ${mebibytes(memory.bytes)} are available (${memory.limit})`,
    "ask for fewer with --workers, leave it to --workers auto, or try all the same with --force",
  );
}

/** Where the process set TensorFlow's own variable, that one holds. */
function givenThreads(asked: number | undefined): number | undefined {
  const own = process.env["TF_NUM_INTRAOP_THREADS"];
  return own === undefined || !/^[1-9]\d*$/.test(own) ? asked : Number(own);
}

/** The weights, the engine's library, and the larger of what passes at the load and what a batch holds, a widened matrix included. */
function workerBytes({ checkpoint, hold, rows, positions }: WorkerLoad): number {
  const { weightBytes, peakBytes } = loadEstimate(checkpoint, hold);
  const batch = activationBytes(checkpoint.config, rows, positions) + widenedBytes(checkpoint.plan, hold);
  return Math.max(peakBytes, weightBytes + ENGINE_BYTES + batch);
}
