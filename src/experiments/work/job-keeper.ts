/** Computes one job after the other on a worker and keeps what comes of it, also where the worker dies. */

import type { ExperimentRecord } from "../../records/record.js";
import type { RunStore } from "../../records/store.js";
import { type Job, type JobProblem, keepsBaseline } from "../jobs/job.js";
import { narrowed } from "../jobs/narrow.js";
import { diedRecord, PROCESS_DIED } from "../jobs/subject.js";
import type { RunLog } from "../log.js";
import type { HeldWorker } from "./held-worker.js";
import type { PooledJob } from "./job-pool.js";
import { type Attempt, asPlanned, recover, type Try, whatNext } from "./recover.js";

/** What keeping needs beside the jobs. */
export interface Keeping {
  readonly held: HeldWorker;
  readonly store: RunStore;
  readonly log: RunLog;
  readonly notice: (text: string) => void;
  /** Keys of all records, `[problem][condition]`. */
  readonly keys: readonly (readonly string[])[];
  /** Whether there is no baseline of the job's problems to wait for. */
  readonly knowsBaselines: (job: Job) => boolean;
  /** Tokens of the prompt that a question makes. */
  readonly lengthOf: (question: string) => number;
}

/** Between a worker and a run's folder. */
export class JobKeeper {
  constructor(readonly keeping: Keeping) {}

  /**
   * Computes a job whole, and appends what is missing of it.
   *
   * @returns how many records that is; null where it killed the worker before its baselines are known, so that another time is better: what a
   *   baseline kills is not tried.
   */
  async keep(
    { job, missing, wasHeldBack }: PooledJob,
    onForward: (tokenForwards: number) => void,
  ): Promise<number | null> {
    const computed = await this.#compute(job, { onForward, mayHoldBack: !wasHeldBack });
    if (computed === null) return null;
    const records = computed.filter(({ key }) => missing.has(key));
    this.keeping.store.append(records);
    this.#logRecords(records);
    return records.length;
  }

  async #compute(
    job: Job,
    { onForward, mayHoldBack }: { readonly onForward: (tokenForwards: number) => void; readonly mayHoldBack: boolean },
  ): Promise<ExperimentRecord[] | null> {
    const columns = [...job.conditions.keys()];
    const dead = job.problems.filter((problem) => this.#causeOfBaseline(job, problem) !== null);
    const living = job.problems.filter((problem) => !dead.includes(problem));
    const failed = dead.flatMap((problem) =>
      columns.flatMap((column) =>
        diedRecord(job, problem, { column, cause: this.#causeOfBaseline(job, problem) ?? "" }),
      ),
    );
    if (living.length === 0) return failed;
    const own = dead.length === 0 ? job : narrowed(job, living, columns);
    const attempt: Try = (each) =>
      this.keeping.held.try(each, { onForward, onDeath: (cause) => this.#sayDeath(each, cause) });
    const first = await attempt(asPlanned(own));
    if ("records" in first) return [...first.records, ...failed];
    if (mayHoldBack && !this.keeping.knowsBaselines(job)) return null;
    return [...(await recover(own, attempt, this.keeping.lengthOf)), ...failed];
  }

  /** What ended the worker at the problem's baseline, in an earlier job: nothing that is compared with it is tried. */
  #causeOfBaseline(job: Job, { index }: JobProblem): string | null {
    if (keepsBaseline(job)) return null;
    const error = this.keeping.store.failureOf(this.keeping.keys[index]?.[0] ?? "");
    return error?.name === PROCESS_DIED ? error.message : null;
  }

  #sayDeath(attempt: Attempt, cause: string): void {
    const { notice, log } = this.keeping;
    const { stage, job, what } = attempt;
    notice(`the computing process ended by ${cause} while it computed ${what}; ${whatNext(attempt)}`);
    const problems = job.problems.map(({ problem }) => problem.id);
    log.logger.error({ cause, stage, job: job.key, problems, what }, "the computing process died");
  }

  #logRecords(records: readonly ExperimentRecord[]): void {
    const { logger } = this.keeping.log;
    logger.info({ problems: [...new Set(records.map(({ problem }) => problem.id))], records: records.length }, "part");
    for (const record of records)
      if (record.status === "failed")
        logger.warn(
          { problem: record.problem.id, condition: record.condition.name, error: record.error.message },
          "failed",
        );
  }
}

/** Keys of the records that a job would add. */
export function missingOf({ problems }: Job, store: Pick<RunStore, "has">): ReadonlySet<string> {
  const keys = problems.flatMap((problem) => problem.keys.filter((key) => key !== null));
  return new Set(keys.filter((key) => !store.has(key)));
}

/**
 * Whether the baselines that the job's conditions are compared with are kept, its own, or another shard's, so that there is nothing to wait for.
 *
 * @param share keys of all records that this folder is to hold.
 */
export function knowsBaselines(
  job: Job,
  {
    store,
    keys,
    share,
  }: Pick<Keeping, "keys"> & { readonly store: Pick<RunStore, "has">; readonly share: ReadonlySet<string> },
): boolean {
  const isSettled = (key: string): boolean => store.has(key) || !share.has(key);
  return keepsBaseline(job) || job.problems.every(({ index }) => isSettled(keys[index]?.[0] ?? ""));
}
