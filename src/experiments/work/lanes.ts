/** Drives the workers of a run, one lane each: job after job, until none is left. */

import { EnvironmentError } from "../../base/errors.js";
import type { Setup } from "../plan/setup.js";
import type { HeldWorker } from "./held-worker.js";
import type { JobKeeper } from "./job-keeper.js";
import type { JobPool, PooledJob } from "./job-pool.js";
import { WorkerDied } from "./worker.js";

/** One worker, and what keeps its records. */
export interface Lane {
  readonly held: HeldWorker;
  /** Not the crew's lead, so that the run can go on without it. */
  readonly isHelper: boolean;
  readonly keeper: JobKeeper;
}

/** What the lanes of a run share. */
export interface LanesHooks {
  readonly setup: Setup;
  readonly pool: JobPool;
  readonly signal: AbortSignal;
  readonly notice: (text: string) => void;
  /** A job begins. @returns what hears how it goes. */
  readonly begin: (job: PooledJob) => JobWatch;
}

/** Hears how a job goes. */
export interface JobWatch {
  readonly onForward: (tokenForwards: number) => void;
  /** @param records how many were kept; null where the job was given back. */
  readonly end: (records: number | null) => void;
}

/** Lanes side by side. */
export class Lanes {
  #living: number;
  #error: unknown = null;

  constructor(
    readonly lanes: readonly Lane[],
    readonly hooks: LanesHooks,
  ) {
    this.#living = lanes.length;
  }

  /** @throws the first error of any lane, once the others have kept what they had in hand. */
  async run(): Promise<void> {
    const { signal, pool } = this.hooks;
    const stop = (): void => pool.stop();
    signal.addEventListener("abort", stop);
    try {
      await Promise.all(this.lanes.map((lane, place) => this.#guarded(lane, place)));
    } finally {
      signal.removeEventListener("abort", stop);
    }
    if (this.#error !== null) throw this.#error;
  }

  /** Drives a lane. An error of it ends the others after the job in hand. */
  async #guarded(lane: Lane, place: number): Promise<void> {
    try {
      await this.#drive(lane, place);
    } catch (error) {
      this.#error ??= error;
      this.hooks.pool.stop();
    }
  }

  async #drive(lane: Lane, place: number): Promise<void> {
    const { pool, signal } = this.hooks;
    if (!(await this.#open(lane, place))) return;
    for (;;) {
      const job = signal.aborted ? null : await pool.take(this.lanes.length === 1);
      if (job === null) return;
      if (!(await this.#keep(lane, place, job))) return;
      // Lets a signal's handler run between jobs.
      await new Promise((next) => setImmediate(next));
    }
  }

  /** @returns false where the lane is of no use: everything is computed before its worker is ready, or it could not be had. */
  async #open({ held, isHelper }: Lane, place: number): Promise<boolean> {
    const { setup, pool } = this.hooks;
    const ready = held.join(setup).then(() => true);
    if (!isHelper) return ready;
    try {
      return await Promise.race([ready, pool.ended.then(() => false)]);
    } catch (error) {
      const isMissed = error instanceof WorkerDied || error instanceof EnvironmentError;
      return this.#leave(place, { held, error, mayLeave: isMissed });
    }
  }

  /** @returns false where the lane's worker cannot be had again. */
  async #keep({ held, keeper }: Lane, place: number, job: PooledJob): Promise<boolean> {
    const { pool, begin } = this.hooks;
    const watch = begin(job);
    try {
      const records = await keeper.keep(job, watch.onForward);
      watch.end(records);
      if (records === null) pool.giveBack(job, { isHeldBack: true });
      else pool.done();
      return true;
    } catch (error) {
      watch.end(null);
      // What a death outside of any job leaves is computed by the others.
      pool.giveBack(job, { isHeldBack: false });
      return this.#leave(place, { held, error, mayLeave: error instanceof WorkerDied });
    }
  }

  /** Goes on with one lane less, where others are left. @throws the error where that cannot be. */
  async #leave(
    place: number,
    { held, error, mayLeave }: { readonly held: HeldWorker; readonly error: unknown; readonly mayLeave: boolean },
  ): Promise<false> {
    const isStopped = error instanceof WorkerDied && (await held.isStopped(error));
    if (!mayLeave || isStopped || this.#living === 1 || this.#error !== null) throw error;
    this.#living--;
    const message = error instanceof Error ? error.message : String(error);
    this.hooks.notice(`worker ${place + 1} is given up: ${message}; the run goes on with ${this.#living}`);
    return false;
  }
}
