/** A worker at one run: takes its jobs one by one, and says what it does. This process holds the locks, and another one computes. */

import type { Job as QueuedJob, Worker as QueueWorker } from "bullmq";
import type { Redis } from "ioredis";
import { packageVersion } from "../../disk/package-version.js";
import { environmentOf } from "../../model/tensor/hold-names.js";
import type { ExperimentRecord } from "../../records/record.js";
import type { Job } from "../jobs/job.js";
import { ChildWorker } from "../work/child-worker.js";
import { COMPUTE_PROGRAM } from "../work/compute-program.js";
import { WorkerDied } from "../work/worker.js";
import { announcedRun, announcedRuns, reportState, takeAwayRest } from "./announcement.js";
import { Computing, NotReady } from "./computing.js";
import { redisReason } from "./connection.js";
import { failedJob, type LostJob, lostText } from "./failure-message.js";
import { jobOf } from "./job-message.js";
import { prefixOf, QUEUE, type RunPlace } from "./names.js";
import { type OwnFiles, type OwnHashes, refusalOf } from "./own-model.js";
import type { QueuePackages } from "./packages.js";
import { MessageRefused } from "./refusal.js";
import { packResult } from "./result-message.js";
import { processorHere, type QueueRun, type QueueWorkerState } from "./run-message.js";
import { putResult, withResult } from "./stored-results.js";
import { BEAT, MOST_DEATHS } from "./timing.js";

/** What a station needs beside its run. */
export interface StationParts {
  readonly redis: Redis;
  readonly packages: QueuePackages;
  readonly files: OwnFiles;
  readonly own: OwnHashes;
  readonly name: string;
  readonly signal: AbortSignal;
  readonly notice: (text: string) => void;
}

/** Why a worker left its run, and how many jobs it finished there. */
export interface LeftRun {
  readonly left: "done" | "elsewhere" | "stopped";
  readonly done: number;
}

/** One worker at one run. */
export class Station {
  readonly #computing: Computing;
  readonly #child: ChildWorker;
  readonly #bull: QueueWorker;
  #state: QueueWorkerState["state"] = "loading";
  #job: string | null = null;
  #forwarded = 0;
  #done = 0;
  #beat = 0;
  #fault: unknown = null;
  #said = "";

  constructor(
    readonly run: QueueRun,
    readonly parts: StationParts,
  ) {
    const { redis, packages, files, signal, notice, name } = parts;
    this.#child = new ChildWorker(COMPUTE_PROGRAM, { signal, notice, environment: environmentOf(files.hold) });
    this.#computing = new Computing(this.#child, run, files);
    // Redis takes whole milliseconds alone.
    const third = Math.floor((run.lockSeconds * 1000) / 3);
    this.#bull = new packages.Worker(QUEUE, (job, token) => this.#serve(job, token), {
      connection: redis,
      prefix: prefixOf(run.id),
      name,
      autorun: false,
      skipVersionCheck: true,
      lockDuration: run.lockSeconds * 1000,
      lockRenewTime: third,
      stalledInterval: third,
      // The last death is counted where it happens, the one of a worker that was lost here.
      maxStalledCount: MOST_DEATHS - 1,
      runRetryDelay: 1_000,
    });
    this.#bull.on("error", (error) => this.#sayOnce(redisReason(error)));
  }

  /** Computes until the run is done, another one is there, or the signal comes. @throws what keeps it from computing at all. */
  async serve(): Promise<LeftRun> {
    const beats = setInterval(() => void this.#report(), BEAT.everyMs);
    try {
      await this.#report();
      await this.#whileAlive(this.#computing.ready());
      if (this.parts.signal.aborted) return { left: "stopped", done: 0 };
      this.#state = "waiting";
      this.parts.notice(`run ${this.run.id} of ${this.run.coordinator}: ready, waiting for jobs`);
      this.#bull.run().catch((error: unknown) => {
        this.#fault ??= error;
      });
      const left = await this.#untilLeft();
      // The job in work is finished, or given back in time.
      await this.#bull.close();
      if (left === "done") await takeAwayRest(this.#place).catch(() => undefined);
      return { left, done: this.#done };
    } catch (error) {
      if (!(error instanceof NotReady && this.parts.signal.aborted)) throw error;
      return { left: "stopped", done: this.#done };
    } finally {
      this.#state = "stopping";
      await this.#report();
      await this.#bull.close();
      clearInterval(beats);
      this.#child.close();
      await this.#report();
    }
  }

  /** A process that dies while it loads is started again. */
  async #whileAlive(ready: Promise<void>): Promise<void> {
    try {
      await ready;
    } catch (error) {
      if (!(error instanceof NotReady) || this.parts.signal.aborted) throw error;
      this.parts.notice(`${error.message} while the model was loaded; it is started again`);
      await this.#whileAlive(this.#computing.ready());
    }
  }

  async #untilLeft(): Promise<LeftRun["left"]> {
    const { signal, redis } = this.parts;
    for (;;) {
      await new Promise((next) => setTimeout(next, BEAT.everyMs));
      if (this.#fault !== null) throw this.#fault;
      if (signal.aborted) return "stopped";
      if (this.#job !== null || redis.status !== "ready") continue;
      const announced = await announcedRun(redis, this.run.id).catch(() => null);
      if (announced !== null && "run" in announced && announced.run.state === "done") return "done";
      if (announced === null && (await this.#isWantedElsewhere())) return "elsewhere";
    }
  }

  /** Whether another run could use this worker, and its own is silent. */
  async #isWantedElsewhere(): Promise<boolean> {
    const { redis, own } = this.parts;
    const others = await announcedRuns(redis).catch(() => []);
    return others.some((each) => "run" in each && each.run.state === "running" && refusalOf(each.run, own) === null);
  }

  async #serve(queued: QueuedJob, token: string | undefined): Promise<object> {
    const { name, notice, signal, packages } = this.parts;
    const key = queued.id ?? "";
    if (signal.aborted) return this.#giveBack(queued, token);
    const deaths = queued.stalledCounter + queued.attemptsMade;
    if (deaths >= MOST_DEATHS)
      throw new packages.UnrecoverableError(lostText({ kind: "died", worker: name, why: "the loss of its worker" }));
    const job = this.#taken(queued, key);
    [this.#job, this.#forwarded, this.#state] = [key, 0, "computing"];
    const begun = performance.now();
    try {
      const isThere = (await withResult(this.#place, [key])).length > 0;
      if (!isThere) await this.#computeAndPut(job);
      this.#done++;
      const seconds = ((performance.now() - begun) / 1000).toFixed(1);
      notice(`job ${key.slice(0, 8)}: ${isThere ? "was there already" : `${describe(job)}, ${seconds} s`}`);
      return { worker: name };
    } catch (error) {
      return await this.#lose(error, { queued, token, job });
    } finally {
      this.#job = null;
      if (this.#state === "computing") this.#state = "waiting";
    }
  }

  /** The job of a message. @throws UnrecoverableError that tells the coordinator what is wrong with it. */
  #taken(queued: QueuedJob, key: string): Job {
    const { name, notice, packages } = this.parts;
    try {
      return jobOf(queued.data, key);
    } catch (error) {
      if (!(error instanceof MessageRefused)) throw error;
      notice(`a job was refused: ${error.message}`);
      throw new packages.UnrecoverableError(lostText({ kind: "refused", worker: name, why: error.message }));
    }
  }

  async #computeAndPut(job: Job): Promise<void> {
    await this.#computing.ready();
    const records: readonly ExperimentRecord[] = await this.#computing.compute(job, (tokenForwards) => {
      this.#forwarded += Math.round(tokenForwards);
    });
    await putResult(this.#place, await packResult(records, { job: job.key, worker: this.parts.name }));
  }

  /** A job without a result: given back where it is not to blame, else failed with the reason. */
  async #lose(
    error: unknown,
    { queued, token, job }: { readonly queued: QueuedJob; readonly token: string | undefined; readonly job: Job },
  ): Promise<object> {
    const { name, notice, signal } = this.parts;
    const isMine = error instanceof NotReady || (error instanceof WorkerDied && signal.aborted);
    if (isMine) return this.#giveBack(queued, token);
    if (!(error instanceof WorkerDied)) {
      // What no other worker would do better ends the run, as it would where it is coordinated.
      const lost = failedJob(name, error);
      notice(`job ${job.key.slice(0, 8)} failed: ${lost.kind === "failed" ? lost.failure.message : ""}`);
      throw new Error(lostText(lost));
    }
    const lost: LostJob = { kind: "died", worker: name, why: error.reason };
    notice(`the computing process ended by ${error.reason} while it computed ${describe(job)}`);
    throw new Error(lostText(lost));
  }

  async #giveBack(queued: QueuedJob, token: string | undefined): Promise<never> {
    this.parts.notice(`job ${queued.id?.slice(0, 8)} is given back`);
    await queued.moveToWait(token);
    throw new this.parts.packages.WaitingError();
  }

  get #place(): RunPlace {
    return { redis: this.parts.redis, run: this.run.id };
  }

  async #report(): Promise<void> {
    const state: QueueWorkerState = {
      version: packageVersion(),
      state: this.#state,
      processor: processorHere(),
      job: this.#job,
      forwarded: this.#forwarded,
      done: this.#done,
      beat: ++this.#beat,
    };
    // While Redis is away there is nobody to hear it.
    if (this.parts.redis.status !== "ready") return;
    await reportState(this.#place, [this.parts.name, state]).catch(() => undefined);
  }

  #sayOnce(text: string): void {
    const named = text.replace(/\b[0-9a-f]{64}\b/, "…");
    if (named !== this.#said) this.parts.notice(`the queue: ${text}`);
    this.#said = named;
  }
}

function describe({ problems, conditions }: Job): string {
  const [first] = problems;
  const more = problems.length === 1 ? `problem "${first?.problem.id}"` : `${problems.length} problems`;
  return `${more} × ${conditions.length} ${conditions.length === 1 ? "condition" : "conditions"}`;
}
