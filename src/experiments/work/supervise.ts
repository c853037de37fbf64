/**
 * Runs the experiment in a process of its own, so that a native abort, a segmentation fault or the kernel's out-of-memory kill
 * costs one item and not the run. This process holds the folder and writes it; the other one loads the model and computes.
 */

import { type ChildProcess, fork } from "node:child_process";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";
import { EnvironmentError, RunFolderError } from "../../base/errors.js";
import { differences, type Fingerprint } from "../../records/fingerprint.js";
import { probeFolder, RunStore } from "../../records/store.js";
import { openLog } from "../log.js";
import type { ExperimentOptions } from "../plan/options.js";
import type { ExperimentOutcome, RunnerHooks } from "../runner.js";
import {
  errorOf,
  type FromChild,
  type FromParent,
  failureOf,
  type OpenedFolder,
  type Question,
} from "./child-protocol.js";
import { afterDeath, type Begun, isHopeless, type Trouble } from "./isolation.js";

/** How a supervised run talks and stops. */
export interface SupervisorHooks extends Pick<RunnerHooks, "signal" | "notice" | "progress"> {
  /** Whether the user asked to stop, before `signal` says so. */
  readonly isAsked?: () => boolean;
}

/**
 * Runs the experiment, or goes on with it.
 *
 * @param program the file that the computing process runs.
 * @throws what `runExperiment` throws; EnvironmentError when the computing process dies outside of any item, or at three
 *   problems in a row.
 */
export async function superviseExperiment(
  options: ExperimentOptions,
  hooks: SupervisorHooks,
  program: URL,
): Promise<ExperimentOutcome> {
  const supervisor = new Supervisor(options, hooks, program);
  try {
    return await supervisor.run();
  } finally {
    supervisor.close();
  }
}

/** How long a part that is in work may still take when the user wants to stop. */
const MOST_STOP_SECONDS = 60;

type Ending = { readonly outcome: ExperimentOutcome } | { readonly error: Error } | { readonly cause: string };

class Supervisor {
  readonly #started = Date.now();
  readonly #said = new Set<string>();
  #store: RunStore | null = null;
  #fingerprint: Fingerprint | null = null;
  #begun: Begun | null = null;
  /** How often the present child began something. */
  #begins = 0;
  #trouble: Trouble | null = null;
  /** Of the first child: later ones find what earlier ones computed. */
  #resumed: number | null = null;

  constructor(
    readonly options: ExperimentOptions,
    readonly hooks: SupervisorHooks,
    readonly program: URL,
  ) {}

  async run(): Promise<ExperimentOutcome> {
    for (;;) {
      this.#begun = null;
      this.#begins = 0;
      const ending = await this.#oneChild();
      if ("outcome" in ending) return this.#told(ending.outcome);
      if ("error" in ending) throw ending.error;
      if (await this.#isStopped(ending.cause)) return this.#interrupted();
      this.#learn(ending.cause);
    }
  }

  close(): void {
    this.#store?.close();
  }

  /** Told to stop, a child may die in any way: nothing that was appended is lost. */
  async #isStopped(cause: string): Promise<boolean> {
    // A child that had not come so far as to pass over it died of the signal that is on its way to this process.
    if (/^SIG(INT|TERM|HUP)$/.test(cause)) await new Promise((heard) => setTimeout(heard, 100));
    return this.hooks.signal.aborted || this.hooks.isAsked?.() === true;
  }

  #oneChild(): Promise<Ending> {
    const child = fork(fileURLToPath(this.program), { stdio: ["ignore", 2, 2, "ipc"] });
    let giveUp: NodeJS.Timeout | undefined;
    const stop = (): void => {
      giveUp = this.#stop(child);
    };
    const kill = (): void => {
      child.kill("SIGKILL");
      this.close();
    };
    this.hooks.signal.addEventListener("abort", stop);
    // The second signal ends this process at once, and nobody would want the other one's results.
    process.once("exit", kill);
    const ended = new Promise<Ending>((end) => {
      child.on("error", (error) => end({ error: cannotStart(error) }));
      child.on("message", (message) => this.#hear(child, message as FromChild, end));
      child.on("close", (code, signal) => {
        process.off("exit", kill);
        end({ cause: causeOf(code, signal) });
      });
    });
    return ended.finally(() => {
      clearTimeout(giveUp);
      this.hooks.signal.removeEventListener("abort", stop);
    });
  }

  /** Lets the child finish what it computes, within bounds; where that is nothing, it ends at once and nothing is lost. */
  #stop(child: ChildProcess): NodeJS.Timeout | undefined {
    if (this.#begun === null) {
      child.kill("SIGKILL");
      return undefined;
    }
    tell(child, { kind: "stop" });
    this.hooks.notice(
      `stopping after the batch in work, in at most ${MOST_STOP_SECONDS} s; a second signal (Ctrl-C) stops at once`,
    );
    return setTimeout(() => child.kill("SIGKILL"), MOST_STOP_SECONDS * 1000);
  }

  #hear(child: ChildProcess, message: FromChild, end: (ending: Ending) => void): void {
    switch (message.kind) {
      case "ready":
        tell(child, { kind: "start", options: this.options, trouble: this.#trouble });
        return;
      case "notice":
        if (!this.#said.has(message.text)) this.hooks.notice(message.text);
        this.#said.add(message.text);
        return;
      case "progress": {
        const [done, total, resumed, ahead] = message.counts;
        this.#resumed ??= resumed;
        this.hooks.progress(done, total, this.#resumed, ahead);
        return;
      }
      case "outcome":
        end({ outcome: message.outcome });
        return;
      case "exhausted":
        end({ cause: "running out of memory" });
        return;
      case "failure":
        end({ error: errorOf(message.failure) });
        return;
      default:
        // What it would begin now would only be given up.
        if (!this.hooks.signal.aborted || message.kind !== "begin") tell(child, this.#answer(message));
        if (this.hooks.signal.aborted && (message.kind === "begin" || this.#begun === null)) child.kill("SIGKILL");
    }
  }

  #answer(question: Question): FromParent {
    try {
      return { kind: "answer", opened: question.kind === "open" ? this.#open(question) : this.#write(question) };
    } catch (error) {
      return { kind: "refusal", failure: failureOf(error) };
    }
  }

  #open({ dir, fingerprint }: Extract<Question, { kind: "open" }>): OpenedFolder {
    if (this.#store === null || this.#fingerprint === null) {
      const { takeOver, fresh } = this.options;
      probeFolder(dir);
      this.#store = RunStore.open({ dir, fingerprint, takeOver, fresh, notice: this.hooks.notice });
      this.#fingerprint = fingerprint;
    }
    const differing = differences(this.#fingerprint, fingerprint);
    if (differing.length > 0)
      throw new RunFolderError(
        `What is computed changed while the run went on: ${differing.join("; ")}`,
        "leave model and data alone, and start again with another --out",
      );
    const { keys, records } = this.#store;
    const failures = records.flatMap((each) => (each.status === "failed" ? [[each.key, each.error] as const] : []));
    return { keys, failures: Object.fromEntries(failures) };
  }

  #write(question: Exclude<Question, { kind: "open" }>): null {
    if (question.kind === "begin") {
      this.#begun = question.begun;
      this.#begins++;
      return null;
    }
    const store = this.#store;
    if (store === null) throw new RangeError(`A child asked for ${question.kind} before it opened its folder`);
    if (question.kind === "append") {
      store.append(question.records);
      this.#begun = null;
    } else if (question.kind === "manifest") {
      const { manifest } = question;
      // A child that took over from a dead one knows of its own time only.
      const seconds = manifest.stamp["seconds"] === null ? null : this.#seconds();
      store.writeManifest({ ...manifest, stamp: { ...manifest.stamp, seconds } });
    } else store.seal(question.order);
    return null;
  }

  /** What to do next after a death; throws when nothing is. */
  #learn(cause: string): void {
    const begun = this.#begun;
    if (begun === null || this.#store === null) throw died(cause, this.#store === null);
    this.#trouble = afterDeath(this.#trouble, begun, { cause, hasSurvived: this.#begins > 1 });
    if (isHopeless(this.#trouble))
      throw new EnvironmentError(
        `The computing process ended by ${cause} at three problems in a row, each run alone: this is no single item's fault`,
        MEMORY_HINT,
      );
    const text = `the computing process ended by ${cause} while it computed ${begun.what}; ${whatNext(begun)}`;
    this.hooks.notice(text);
    const log = openLog(this.#store.dir);
    log.logger.error({ cause, ...begun }, "the computing process died");
    log.close();
  }

  #told(outcome: ExperimentOutcome): ExperimentOutcome {
    const { counts } = outcome;
    const resumed = this.#resumed ?? counts.resumed;
    return { ...outcome, counts: { ...counts, resumed, computed: counts.records - resumed }, seconds: this.#seconds() };
  }

  #interrupted(): ExperimentOutcome {
    const records = this.#store?.size ?? 0;
    const resumed = this.#resumed ?? 0;
    return {
      dir: this.#store?.dir ?? "",
      status: "interrupted",
      counts: { problems: 0, records, failed: this.#store?.failed ?? 0, computed: records - resumed, resumed },
      plan: null,
      seconds: this.#seconds(),
    };
  }

  #seconds(): number {
    return (Date.now() - this.#started) / 1000;
  }
}

// A child that is gone is heard of by its end.
function tell(child: ChildProcess, message: FromParent): void {
  if (child.connected) child.send(message, () => undefined);
}

const MEMORY_HINT =
  "most often this is too little memory: close other programs, raise the limit, or use a machine with more; then run the same command again: it goes on where it stopped";

function died(cause: string, early: boolean): EnvironmentError {
  const when = early ? "before the run began" : "outside of any item, most likely while the model was loaded";
  return new EnvironmentError(`The computing process ended by ${cause} ${when}`, MEMORY_HINT);
}

function cannotStart(error: Error): EnvironmentError {
  const { code, message } = error as NodeJS.ErrnoException;
  return new EnvironmentError(`Cannot start the computing process: ${code ?? message}`, MEMORY_HINT, { cause: error });
}

/** A shell or a container may tell a signal as 128 + its number. */
function causeOf(code: number | null, signal: NodeJS.Signals | null): string {
  const named = Object.entries(constants.signals).find(([, number]) => code === 128 + number)?.[0];
  return signal ?? named ?? `exit code ${code}`;
}

function whatNext({ stage, condition }: Begun): string {
  if (stage === "first") return "each of them is tried alone";
  if (stage === "whole") return "they are computed one by one";
  return condition === null ? "its conditions are tried one by one" : "this item is marked failed";
}
