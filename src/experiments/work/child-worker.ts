/**
 * A worker in a process of its own, so that a native abort, a segmentation fault or the kernel's out-of-memory kill costs a job and not
 * the run. It loads no engine into this process.
 */

import { type ChildProcess, fork } from "node:child_process";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";
import { EnvironmentError } from "../../base/errors.js";
import { openFilesError } from "../../base/open-files.js";
import type { StepRate } from "../../model/latent/plan/rates.js";
import type { EngineInfo } from "../../model/tensor/engine.js";
import type { ExperimentRecord } from "../../records/record.js";
import type { Job } from "../jobs/job.js";
import { errorOf } from "./failure.js";
import type { Answer, FromWorker, Given, ToWorker } from "./messages.js";
import { optionsForFile } from "./node-options.js";
import {
  type EngineStart,
  type FinishedRun,
  MEMORY_HINT,
  type ModelSource,
  type Worker,
  WorkerDied,
  type WorkerHooks,
} from "./worker.js";

/** How long a job that is in work may still take when the user wants to stop. */
const MOST_STOP_SECONDS = 60;

/** A question that waits for its answer. */
interface Pending {
  readonly kind: keyof Given;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly onForward: ((tokenForwards: number) => void) | undefined;
}

/** Starts its process with the first question, and another one with the first after a death. */
export class ChildWorker implements Worker {
  readonly #said = new Set<string>();
  #child: ChildProcess | null = null;
  /** The process that has loaded a model. */
  #loaded: ChildProcess | null = null;
  #pending: Pending | null = null;
  #giveUp: NodeJS.Timeout | undefined;
  #threads: number | undefined;
  /** The engine of the living process, where it was asked for. */
  #engine: Promise<EngineInfo> | null = null;
  /** Whether the process hears, and what it is told as soon as it does. */
  #hears = false;
  #first: ToWorker | null = null;

  /** @param program the file that the process runs. */
  constructor(
    readonly program: URL,
    readonly hooks: WorkerHooks,
  ) {
    hooks.signal?.addEventListener("abort", this.#stop);
    // The second signal ends this process at once, and nobody would want the other one's results.
    process.once("exit", this.#kill);
  }

  start(engine: EngineStart): Promise<EngineInfo> {
    // An engine keeps the threads that it was started with, so that others take another process.
    if (engine.threads !== this.#threads) this.#drop();
    this.#threads = engine.threads;
    if (this.#engine !== null) return this.#engine;
    const asked = this.#ask("start", engine);
    this.#engine = asked;
    // Whoever asks once more may find it mended.
    asked.catch(() => {
      if (this.#engine === asked) this.#engine = null;
    });
    return asked;
  }

  /** Starts the process before there is anything to ask. @param engine what it will be asked to start. */
  begin({ threads }: EngineStart): void {
    if (this.#child !== null || this.hooks.signal?.aborted === true) return;
    this.#threads = threads;
    this.#fork();
  }

  async load(model: ModelSource): Promise<void> {
    await this.#ask("load", model);
    this.#loaded = this.#child;
  }

  /** Whether the living process has a model. */
  get isLoaded(): boolean {
    return this.#loaded !== null && this.#loaded === this.#child;
  }

  compute(job: Job, onForward: (tokenForwards: number) => void): Promise<readonly ExperimentRecord[]> {
    return this.#ask("compute", job, onForward);
  }

  measureSteps(): Promise<StepRate[]> {
    return this.#ask("measureSteps", null);
  }

  writeProfile(dir: string): Promise<readonly string[]> {
    return this.#ask("writeProfile", dir);
  }

  async afterRun(run: FinishedRun): Promise<void> {
    await this.#ask("afterRun", run);
  }

  peakMemory(): Promise<number> {
    return this.#ask("peakMemory", null);
  }

  close(): void {
    clearTimeout(this.#giveUp);
    this.hooks.signal?.removeEventListener("abort", this.#stop);
    process.off("exit", this.#kill);
    // It may be at work for an answer that nobody waits for.
    this.#kill();
  }

  #ask<K extends keyof Given>(kind: K, given: Given[K], onForward?: Pending["onForward"]): Promise<Answer<K>> {
    return new Promise((resolve, reject) => {
      if (this.hooks.signal?.aborted === true) return reject(new WorkerDied("a wish to stop"));
      this.#pending = { kind, reject, onForward, resolve: (answer) => resolve(answer as Answer<K>) };
      const message = { kind, given } as ToWorker;
      if (this.#child !== null && this.#hears) tell(this.#child, message);
      else this.#first = message;
      if (this.#child === null) this.#fork();
    });
  }

  #fork(): void {
    this.#hears = false;
    const child = fork(fileURLToPath(this.program), {
      execArgv: optionsForFile(),
      env: { ...process.env, ...this.hooks.environment },
      stdio: ["ignore", 2, 2, "ipc"],
    });
    this.#child = child;
    child.on("error", (error) => this.#settle(child, ({ reject }) => reject(cannotStart(error))));
    child.on("message", (message) => this.#hear(child, message as FromWorker));
    child.on("close", (code, signal) => this.#lose(child, causeOf(code, signal)));
  }

  #hear(child: ChildProcess, message: FromWorker): void {
    switch (message.kind) {
      case "ready":
        this.#isReady(child);
        return;
      case "notice":
        // Another process would say it again.
        if (!this.#said.has(message.text)) this.hooks.notice(message.text);
        this.#said.add(message.text);
        return;
      case "forwarded":
        this.#pending?.onForward?.(message.tokenForwards);
        return;
      case "answer":
        this.#settle(child, ({ resolve }) => resolve(message.answer));
        return;
      case "failure":
        this.#settle(child, ({ reject }) => reject(errorOf(message.failure)));
        return;
      case "exhausted":
        this.#lose(child, "running out of memory");
    }
  }

  #isReady(child: ChildProcess): void {
    if (this.#child !== child) return;
    this.#hears = true;
    if (this.#first !== null) tell(child, this.#first);
    this.#first = null;
  }

  #lose(child: ChildProcess, reason: string): void {
    if (this.#child !== child) return;
    this.#forget();
    this.#settle(null, ({ reject }) => reject(new WorkerDied(reason)));
  }

  #settle(child: ChildProcess | null, how: (pending: Pending) => void): void {
    const pending = this.#pending;
    if (this.#child !== child || pending === null) return;
    clearTimeout(this.#giveUp);
    this.#pending = null;
    how(pending);
  }

  /** Lets the process finish a job, within bounds; where it computes none, it ends at once and nothing is lost. */
  readonly #stop = (): void => {
    if (this.#pending?.kind !== "compute") {
      this.#kill();
      return;
    }
    this.hooks.notice(
      `stopping after the batch in work, in at most ${MOST_STOP_SECONDS} s; a second signal (Ctrl-C) stops at once`,
    );
    this.#giveUp = setTimeout(this.#kill, MOST_STOP_SECONDS * 1000);
  };

  readonly #kill = (): void => {
    this.#child?.kill("SIGKILL");
  };

  /** Ends the process, and nobody is to hear of its end. */
  #drop(): void {
    this.#kill();
    this.#forget();
  }

  #forget(): void {
    this.#child = null;
    this.#engine = null;
    this.#first = null;
  }
}

// A process that is gone is heard of by its end.
function tell(child: ChildProcess, message: ToWorker): void {
  if (child.connected) child.send(message, () => undefined);
}

function cannotStart(error: Error): EnvironmentError {
  const { code, message } = error as NodeJS.ErrnoException;
  const known = openFilesError(error);
  if (known !== null) return known;
  return new EnvironmentError(`Cannot start the computing process: ${code ?? message}`, MEMORY_HINT, { cause: error });
}

/** A shell or a container may tell a signal as 128 + its number. */
function causeOf(code: number | null, signal: NodeJS.Signals | null): string {
  const named = Object.entries(constants.signals).find(([, number]) => code === 128 + number)?.[0];
  return signal ?? named ?? `exit code ${code}`;
}
