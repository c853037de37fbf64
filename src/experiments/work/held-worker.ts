/** A worker of a run, held alive: after a death it is started and loads again, as long as that is of use. */

import { EnvironmentError, RunFolderError } from "../../base/errors.js";
import type { EngineInfo } from "../../model/tensor/engine.js";
import { heldAs } from "../../model/tensor/hold-names.js";
import { differences } from "../../records/fingerprint.js";
import type { ExperimentOptions } from "../plan/options.js";
import type { Setup } from "../plan/setup.js";
import type { Attempt, Outcome } from "./recover.js";
import { MEMORY_HINT, type ModelSource, type Worker, WorkerDied } from "./worker.js";

/** What is asked of the user, and what computes. */
export interface HeldHooks {
  readonly signal: AbortSignal;
  /** Whether the user asked to stop, before `signal` says so. */
  readonly isAsked?: () => boolean;
  readonly worker: Worker;
}

/** So many problems in a row that cannot even be run without intervention are no single problem's fault. */
const MOST_IN_A_ROW = 3;

/** A worker and how often it died. */
export class HeldWorker {
  #setup: Setup | null = null;
  #joining: Promise<void> | null = null;
  #state: "none" | "started" | "loaded" = "none";
  /** Problems whose baseline alone killed it, one after the other, with nothing in between that survived. */
  #inARow = 0;

  constructor(
    readonly options: ExperimentOptions,
    readonly hooks: HeldHooks,
  ) {}

  /** Starts the engine. @param threads of one op. */
  async start(threads: number): Promise<EngineInfo> {
    const info = await this.hooks.worker.start({ choice: this.options.engine, threads });
    this.#state = "started";
    return info;
  }

  /** Whether it has loaded and can be given a job. */
  get isReady(): boolean {
    return this.#state === "loaded";
  }

  /** Makes it ready for the jobs of a run: starts it where it is not, and loads the model where it has none. */
  join(setup: Setup): Promise<void> {
    this.#joining ??= this.#join(setup).finally(() => {
      this.#joining = null;
    });
    return this.#joining;
  }

  async #join(setup: Setup): Promise<void> {
    this.#setup = setup;
    if (this.isReady) return;
    if (this.#state === "none") await this.start(setup.options.threads);
    // Where it dies of the load, it is neither.
    this.#state = "none";
    await this.hooks.worker.load(sourceOf(this.options, setup));
    this.#state = "loaded";
  }

  /** Brings it back after a death. @throws RunFolderError where the model is another one now. */
  async revive(): Promise<void> {
    if (this.isReady || this.#setup === null) return;
    await checkUnchanged(this.#setup);
    await this.join(this.#setup);
  }

  /**
   * @param onDeath called before what comes next.
   * @throws WorkerDied where it died because the user wants to stop, or outside of the job; EnvironmentError at three problems in a row.
   */
  async try(
    attempt: Attempt,
    {
      onForward,
      onDeath,
    }: { readonly onForward: (tokenForwards: number) => void; readonly onDeath: (cause: string) => void },
  ): Promise<Outcome> {
    if (this.hooks.signal.aborted) throw new WorkerDied("a wish to stop");
    await this.revive();
    try {
      const records = await this.hooks.worker.compute(attempt.job, onForward);
      this.#inARow = 0;
      return { records };
    } catch (error) {
      if (!(error instanceof WorkerDied) || (await this.isStopped(error))) throw error;
      this.#state = "none";
      this.#count(attempt, error);
      onDeath(error.reason);
      return { cause: error.reason };
    }
  }

  /** Whether it ended because the user wants to stop: it may die in any way then, and nothing that was kept is lost. */
  async isStopped({ reason }: WorkerDied): Promise<boolean> {
    // A process that had not come so far as to pass over it died of the signal that is on its way to this one.
    if (/^SIG(INT|TERM|HUP)$/.test(reason)) await new Promise((heard) => setTimeout(heard, 100));
    return this.hooks.signal.aborted || this.hooks.isAsked?.() === true;
  }

  /** The error of a death that no job explains. */
  outsideOfJobs({ message }: WorkerDied): EnvironmentError {
    const when =
      this.#setup === null ? "before the run began" : "outside of any item, most likely while the model was loaded";
    return new EnvironmentError(`${message} ${when}`, MEMORY_HINT);
  }

  #count({ condition }: Attempt, { reason }: WorkerDied): void {
    if (condition !== 0) return;
    this.#inARow++;
    if (this.#inARow >= MOST_IN_A_ROW)
      throw new EnvironmentError(
        `The computing process ended by ${reason} at three problems in a row, each run alone: this is no single item's fault`,
        MEMORY_HINT,
      );
  }
}

/** @throws RunFolderError where another model would be loaded than the one that the run was planned for. */
async function checkUnchanged({ model, fingerprint }: Setup): Promise<void> {
  const differing = differences(fingerprint, { ...fingerprint, ...(await model.checkpoint.hashes()) });
  if (differing.length > 0)
    throw new RunFolderError(
      `The model changed while the run went on: ${differing.join("; ")}`,
      "leave it alone, and start again with another --out",
    );
}

function sourceOf(
  {
    model,
    base,
    engine,
    force,
    hold,
    strict,
    protocol,
    protocolFile,
    latents,
    profile,
    studyFiles: files = [],
  }: ExperimentOptions,
  { studies, fingerprint }: Setup,
): ModelSource {
  const { studyFiles: hashes = [], protocolSha256 } = fingerprint;
  return {
    ...(files.length === 0 ? {} : { outside: { files, context: studies.context, hashes } }),
    model,
    engine,
    force,
    profile,
    ...(base === undefined ? {} : { base }),
    ...heldAs({ hold }),
    ...(strict === undefined ? {} : { strict }),
    // Where it was not given, the checkpoint decides, and what it leaves open is said.
    ...(protocol === undefined ? {} : { protocol }),
    ...(protocolFile === undefined || protocolSha256 === undefined
      ? {}
      : { protocolFile: { path: protocolFile, sha256: protocolSha256 } }),
    ...(latents === undefined ? {} : { latents }),
  };
}
