/** The threads of an analysis: the main one and, where the machine has more cores, some beside it. */

import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { Worker as Thread } from "node:worker_threads";
import { EnvironmentError } from "../../base/errors.js";
import { errorOf } from "../../base/failure.js";
import { openFilesError } from "../../base/open-files.js";
import { range } from "../../base/range.js";
import { claim, type FromThread, type ThreadData, type ToThread } from "./messages.js";
import { compute, type Given, isLeftToThreads, type Kind, type Made } from "./tasks.js";

/** More threads would find little to do: what follows the last statistic is a handful of figures. */
const MOST_BESIDE = 3;

/** More tasks than these are computed on the main thread. */
const MOST_SHARED = 1 << 14;

const PROGRAM = new URL("./thread.js", import.meta.url);

/** Who the main thread is among those that claim tasks; the others count from 1. */
const MAIN = MOST_SHARED;

/** A task that nobody has done. */
interface Pending {
  readonly compute: () => Promise<unknown>;
  readonly isForHere: boolean;
  readonly resolve: (made: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** How many threads an analysis has beside the main one; none on one core, and none where the package runs from its sources. */
export function threadsBeside(): number {
  return existsSync(fileURLToPath(PROGRAM)) ? Math.min(availableParallelism() - 1, MOST_BESIDE) : 0;
}

/**
 * Hands tasks to whoever is free: a task stands before all threads, and the first to claim it computes it. Without threads beside the
 * main one each task is computed when it is given, one after the other.
 */
export class Lanes {
  /** By who they are; one that ended is not among them. */
  readonly #threads = new Map<number, Thread>();
  readonly #shared = new SharedArrayBuffer(MOST_SHARED * Int32Array.BYTES_PER_ELEMENT);
  readonly #claims = new Int32Array(this.#shared);
  readonly #pending = new Map<number, Pending>();
  #given = 0;
  /** What is computed here, one after the other: figures drawn at the same time would count each other's gradients. */
  #here: Promise<unknown> = Promise.resolve();

  /** @param beside threads beside the main one. @param program the file that each of them runs. */
  constructor(beside = threadsBeside(), program = PROGRAM) {
    for (const place of range(beside)) this.#start(place + 1, program);
  }

  /** Gives a task out. A failure is reported to whoever waits for the result. */
  give<K extends Kind>(kind: K, given: Given[K]): Promise<Made[K]> {
    const made = this.#handedOut(kind, given) ?? this.#inTurn(() => compute(kind, given));
    // Nobody may be waiting yet when it fails.
    made.catch(() => undefined);
    return made;
  }

  /** Takes a share of the tasks that nobody has begun. */
  async help(): Promise<void> {
    for (const [id, task] of this.#pending) {
      if (task.isForHere) await this.#takeOver(id, task);
      // What the others have done meanwhile is heard between two tasks.
      await new Promise((heard) => setImmediate(heard));
    }
  }

  /** Ends the threads, whatever they do. */
  async close(): Promise<void> {
    await Promise.all([...this.#threads.values()].map((thread) => thread.removeAllListeners("exit").terminate()));
  }

  #start(me: number, program: URL): void {
    const workerData: ThreadData = { claims: this.#shared, me };
    // A program in a string (`node -e`) has options that no file can be run with.
    const thread = new Thread(program, { workerData, execArgv: [] });
    this.#threads.set(me, thread);
    thread.on("message", (message: FromThread) => this.#hear(message));
    thread.on("error", (error) => this.#lose(me, error));
    thread.on("exit", () => this.#lose(me, new Error("it ended by itself")));
  }

  /** @returns null where no other thread can have it. */
  #handedOut<K extends Kind>(kind: K, given: Given[K]): Promise<Made[K]> | null {
    const id = this.#given++;
    if (this.#threads.size === 0 || id >= MOST_SHARED) return null;
    try {
      for (const thread of this.#threads.values()) thread.postMessage({ id, kind, given } as ToThread);
    } catch {
      // What another thread cannot be given, such as a function in a study's own specification, is drawn here.
      return null;
    }
    return new Promise((resolve, reject) => {
      this.#pending.set(id, {
        compute: () => compute(kind, given),
        isForHere: !isLeftToThreads(kind),
        resolve: (made) => resolve(made as Made[K]),
        reject,
      });
    });
  }

  /** Computes a task here, if nobody has begun it. */
  async #takeOver(id: number, task: Pending): Promise<void> {
    if (!claim(this.#claims, { id, me: MAIN })) return;
    this.#pending.delete(id);
    await this.#inTurn(task.compute).then(task.resolve, task.reject);
  }

  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const mine = this.#here.then(run);
    this.#here = mine.catch(() => undefined);
    return mine;
  }

  #hear(message: FromThread): void {
    const task = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if ("made" in message) task?.resolve(message.made);
    else task?.reject(errorOf(message.failure));
  }

  /** What the thread had begun fails; where no other is left, what nobody has begun is computed here. */
  #lose(me: number, reason: Error): void {
    if (!this.#threads.delete(me)) return;
    for (const [id, task] of this.#pending) {
      if (this.#claims[id] === me) {
        this.#pending.delete(id);
        task.reject(endedBy(reason));
      } else if (this.#threads.size === 0) void this.#takeOver(id, task);
    }
  }
}

/** The error of whoever waits for a thread that is no more. */
export function endedBy(reason: Error): EnvironmentError {
  const known = openFilesError(reason);
  if (known !== null) return known;
  return new EnvironmentError(
    `A thread of the analysis ended: ${reason.message}`,
    "most often this is too little memory: close other programs, then analyze the folder again",
    { cause: reason },
  );
}
