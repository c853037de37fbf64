/** The process that computes for a worker of a queue: started and loaded anew after a death. */

import { EnvironmentError } from "../../base/errors.js";
import type { EngineInfo } from "../../model/tensor/engine.js";
import type { ExperimentRecord } from "../../records/record.js";
import type { Job } from "../jobs/job.js";
import { MEMORY_HINT, type Worker, WorkerDied } from "../work/worker.js";
import { engineRefusal, type OwnFiles, type OwnHashes, ownHashes, refusalOf, sourceOf } from "./own-model.js";
import type { QueueRun } from "./run-message.js";

/** So many starts in a row that came to nothing are no job's fault. */
const MOST_STARTS = 3;

/** The process could not be had, and the job is not to blame. */
export class NotReady extends Error {
  override readonly name = "NotReady";
}

/** One process, for one run. */
export class Computing {
  #isLoaded = false;
  #failed = 0;

  constructor(
    readonly worker: Worker,
    readonly run: QueueRun,
    readonly files: OwnFiles,
  ) {}

  /**
   * Starts the process and loads the model, where that is not done.
   *
   * @throws NotReady where it died on the way; EnvironmentError where it did so again and again, or has another engine; BadInputError
   *   where the files are not the run's any more.
   */
  async ready(): Promise<void> {
    if (this.#isLoaded) return;
    const { worker, run, files } = this;
    try {
      const engine: EngineInfo = await worker.start({
        choice: run.engine.name,
        ...(run.threads === null ? {} : { threads: run.threads }),
      });
      const own: OwnHashes = await ownHashes(files);
      const refusal = engineRefusal(run, engine) ?? refusalOf(run, own);
      if (refusal !== null) throw refusal;
      await worker.load(sourceOf(files, run));
    } catch (error) {
      if (!(error instanceof WorkerDied)) throw error;
      if (++this.#failed < MOST_STARTS) throw new NotReady(error.message, { cause: error });
      throw new EnvironmentError(`${error.message} while the model was loaded`, MEMORY_HINT, { cause: error });
    }
    this.#isLoaded = true;
    this.#failed = 0;
  }

  /** @throws WorkerDied where the job, or something else, ended the process. */
  async compute(job: Job, onForward: (tokenForwards: number) => void): Promise<readonly ExperimentRecord[]> {
    try {
      return await this.worker.compute(job, onForward);
    } catch (error) {
      if (error instanceof WorkerDied) this.#isLoaded = false;
      throw error;
    }
  }
}
