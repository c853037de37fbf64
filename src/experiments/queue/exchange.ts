/**
 * Jobs that are on the queue, and what comes back. The coordinator's own list is the truth: what Redis lacks is put there again, and what
 * lies there is taken whoever computed it, and when.
 */

import type { Queue } from "bullmq";
import { EnvironmentError } from "../../base/errors.js";
import type { ExperimentRecord } from "../../records/record.js";
import type { Job } from "../jobs/job.js";
import { errorOf } from "../work/failure.js";
import { WorkerDied } from "../work/worker.js";
import { redisReason } from "./connection.js";
import { type LostJob, lostJobOf, MOST_LOST_BYTES } from "./failure-message.js";
import { jobMessage } from "./job-message.js";
import type { RunPlace } from "./names.js";
import { MessageRefused } from "./refusal.js";
import { dropResult, takeResult, withResult } from "./stored-results.js";
import { MOST_DEATHS } from "./timing.js";

/** What an exchange needs. */
export interface ExchangeParts extends RunPlace {
  readonly queue: Queue;
  readonly notice: (text: string) => void;
}

/** So many refused messages of one job, and nothing good is to be expected. */
const MOST_REFUSED = 10;
const SHORTEST_WAIT_MS = 100;
/** A pass over many jobs takes Redis longer, so it comes less often. */
const WAIT_MS_A_JOB = 0.5;
const RECONCILED_EVERY_MS = 2_000;

/** A job that waits for its result. */
interface Pending {
  readonly job: Job;
  readonly message: string;
  readonly resolve: (records: readonly ExperimentRecord[]) => void;
  readonly reject: (error: Error) => void;
  /** When Redis was last known to have it, or was given it. */
  seen: number;
  refused: number;
}

/** Sends jobs, and waits for their results. */
export class Exchange {
  readonly #pending = new Map<string, Pending>();
  #reconciled = 0;
  #closed = false;
  #lastTrouble = "";

  constructor(readonly parts: ExchangeParts) {}

  /** Keys of the jobs that wait. */
  get waiting(): ReadonlySet<string> {
    return new Set(this.#pending.keys());
  }

  /** @throws WorkerDied after three deaths; the error that computing it ends in; EnvironmentError where only bad messages come back. */
  async compute(job: Job): Promise<readonly ExperimentRecord[]> {
    const message = jobMessage(job);
    return new Promise((resolve, reject) => {
      this.#pending.set(job.key, { job, message, resolve, reject, seen: 0, refused: 0 });
      void this.#put(job.key);
    });
  }

  /** Looks for results, until it is closed. */
  async run(): Promise<void> {
    while (!this.#closed) {
      try {
        await this.#collect();
        if (performance.now() - this.#reconciled > RECONCILED_EVERY_MS) await this.#reconcile();
        this.#lastTrouble = "";
      } catch (error) {
        this.#trouble(error);
      }
      const pause = Math.max(SHORTEST_WAIT_MS, this.#pending.size * WAIT_MS_A_JOB);
      await new Promise((next) => setTimeout(next, pause));
    }
  }

  /** Nothing more is waited for. */
  close(): void {
    this.#closed = true;
    for (const key of [...this.#pending.keys()])
      this.#settle(key, ({ reject }) => reject(new WorkerDied("a wish to stop")));
  }

  async #put(key: string): Promise<void> {
    const pending = this.#pending.get(key);
    if (pending === undefined || this.#closed) return;
    pending.seen = performance.now();
    try {
      // A job of this name that is there already stays as it is.
      await this.parts.queue.add("job", pending.message, {
        jobId: key,
        attempts: MOST_DEATHS,
        removeOnComplete: true,
        removeOnFail: { age: 86_400, count: 10_000 },
        stackTraceLimit: 0,
      });
    } catch (error) {
      this.#trouble(error);
    }
  }

  async #collect(): Promise<void> {
    for (const key of await withResult(this.parts, [...this.#pending.keys()])) await this.#take(key);
  }

  async #take(key: string): Promise<void> {
    const { queue } = this.parts;
    const pending = this.#pending.get(key);
    if (pending === undefined) return;
    try {
      const found = await takeResult(this.parts, pending.job);
      if (found === null) return;
      this.#settle(key, ({ resolve }) => resolve(found.records));
      await dropResult(this.parts, key);
      // Where it was given to two workers, the second need not begin.
      await queue.remove(key).catch(() => undefined);
    } catch (error) {
      if (!(error instanceof MessageRefused)) throw error;
      await dropResult(this.parts, key);
      await this.#refuse(key, `a result was refused: ${error.message}`);
    }
  }

  /** Asks what became of the jobs without a result. */
  async #reconcile(): Promise<void> {
    const begun = performance.now();
    const due = [...this.#pending.entries()].filter(([, { seen }]) => begun - seen > RECONCILED_EVERY_MS);
    let lost = 0;
    for (const [key, pending] of due) {
      const state = await this.parts.queue.getJobState(key);
      if (state === "failed") await this.#hearFailure(key);
      else if (state === "unknown" || state === "completed") lost += await this.#restore(key, state);
      else pending.seen = performance.now();
    }
    this.#reconciled = performance.now();
    if (lost > 0)
      this.parts.notice(`${lost} ${lost === 1 ? "job was" : "jobs were"} no longer in Redis; they are put there again`);
  }

  /** Gives Redis a job that it lacks. @returns 0 where its result has come meanwhile. */
  async #restore(key: string, state: "unknown" | "completed"): Promise<0 | 1> {
    const { queue } = this.parts;
    if ((await withResult(this.parts, [key])).length > 0) return 0;
    if (state === "completed") await queue.remove(key);
    await this.#put(key);
    return 1;
  }

  async #hearFailure(key: string): Promise<void> {
    const { redis, queue } = this.parts;
    const place = queue.toKey(key);
    const bytes = await redis.hstrlen(place, "failedReason");
    const text = bytes > MOST_LOST_BYTES ? "" : ((await redis.hget(place, "failedReason")) ?? "");
    const lost = lostJobOf(text);
    await queue.remove(key);
    if (lost.kind === "refused") return this.#refuse(key, `${lost.worker} refused a job: ${lost.why}`);
    this.#settle(key, ({ reject }) => reject(errorOfLost(lost)));
  }

  /** Shows what was refused, and asks for it again. */
  async #refuse(key: string, what: string): Promise<void> {
    const pending = this.#pending.get(key);
    if (pending === undefined) return;
    this.parts.notice(`${what}; the job is sent again`);
    if (++pending.refused < MOST_REFUSED) {
      await this.parts.queue.remove(key).catch(() => undefined);
      return this.#put(key);
    }
    const error = new EnvironmentError(
      `${MOST_REFUSED} messages about one job were refused; the last: ${what}`,
      "see who else writes into this Redis, and whether all workers are of this version",
    );
    this.#settle(key, ({ reject }) => reject(error));
  }

  #settle(key: string, how: (pending: Pending) => void): void {
    const pending = this.#pending.get(key);
    this.#pending.delete(key);
    if (pending !== undefined) how(pending);
  }

  #trouble(error: unknown): void {
    const reason = redisReason(error);
    if (this.#closed || reason === this.#lastTrouble) return;
    this.#lastTrouble = reason;
    this.parts.notice(`Redis could not do what it was asked for: ${reason}; it is asked again`);
  }
}

function errorOfLost(lost: Exclude<LostJob, { kind: "refused" }>): Error {
  if (lost.kind === "failed") return errorOf(lost.failure);
  return new WorkerDied(`${lost.why}, the last of ${MOST_DEATHS} times at ${lost.worker},`);
}
