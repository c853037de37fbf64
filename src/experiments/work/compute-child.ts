/** The process that computes for `codilens experiment`: loads the model, runs the batches, hands records to its parent. Writes no record itself. */

import { Worker } from "node:worker_threads";
import type { ItemError, RecordStore } from "../../records/store.js";
import { runExperiment } from "../runner.js";
import {
  errorOf,
  type FromChild,
  type FromParent,
  failureOf,
  isOutOfMemory,
  type OpenedFolder,
  type Question,
} from "./child-protocol.js";
import { computeGuarded } from "./isolation.js";

type Answer = { readonly resolve: (opened: OpenedFolder | null) => void; readonly reject: (error: Error) => void };

const controller = new AbortController();
const waiting: Answer[] = [];

function tell(message: FromChild): Promise<void> {
  return new Promise((done) => process.send?.(message, undefined, {}, () => done()));
}

function ask(question: Question): Promise<OpenedFolder | null> {
  return new Promise((resolve, reject) => {
    waiting.push({ resolve, reject });
    void tell(question);
  });
}

/** The parent's folder, as this process sees it. */
class ParentsStore implements RecordStore {
  readonly #keys: Set<string>;
  readonly #failures: Map<string, ItemError>;

  constructor({ keys, failures }: OpenedFolder) {
    this.#keys = new Set(keys);
    this.#failures = new Map(Object.entries(failures));
  }

  get size(): number {
    return this.#keys.size;
  }

  get failed(): number {
    return this.#failures.size;
  }

  failureOf(key: string): ItemError | undefined {
    return this.#failures.get(key);
  }

  has(key: string): boolean {
    return this.#keys.has(key);
  }

  async append(records: Parameters<RecordStore["append"]>[0]): Promise<void> {
    await ask({ kind: "append", records });
    for (const record of records) {
      this.#keys.add(record.key);
      if (record.status === "failed") this.#failures.set(record.key, record.error);
    }
  }

  async writeManifest(manifest: Parameters<RecordStore["writeManifest"]>[0]): Promise<void> {
    await ask({ kind: "manifest", manifest });
  }

  async seal(order: readonly string[]): Promise<void> {
    await ask({ kind: "seal", order });
  }

  close(): void {
    // The parent keeps the folder for the next child, should this one die.
  }
}

async function start({ options, trouble }: Extract<FromParent, { kind: "start" }>): Promise<void> {
  try {
    const outcome = await runExperiment(options, {
      signal: controller.signal,
      notice: (text) => void tell({ kind: "notice", text }),
      progress: (...counts) => void tell({ kind: "progress", counts }),
      openStore: async ({ dir, fingerprint }) => {
        const opened = await ask({ kind: "open", dir, fingerprint });
        if (opened === null) throw new RangeError("The parent opened no folder");
        return new ParentsStore(opened);
      },
      guard: (task) =>
        computeGuarded(task, trouble, async (begun) => {
          await ask({ kind: "begin", begun });
        }),
    });
    await tell({ kind: "outcome", outcome });
  } catch (error) {
    await tell(isOutOfMemory(error) ? { kind: "exhausted" } : { kind: "failure", failure: failureOf(error) });
  }
  vanish();
}

/**
 * Ends this process as it stands. Its results are with the parent, and nothing is left to be written; a regular exit would take the
 * engine's library down under its own threads, and free memory that it shares with this process's arrays: heap corruption, now and then.
 */
function vanish(): void {
  process.kill(process.pid, "SIGKILL");
}

function hear(message: FromParent): void {
  if (message.kind === "start") void start(message);
  else if (message.kind === "stop") controller.abort();
  else if (message.kind === "refusal") waiting.shift()?.reject(errorOf(message.failure));
  else waiting.shift()?.resolve(message.opened);
}

// A terminal's signals reach both processes; the parent decides what they mean.
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => undefined);
process.on("message", (message) => hear(message as FromParent));
process.on("disconnect", vanish);
process.stderr.on("error", () => undefined);
// While the engine computes nothing of the above is heard, so another thread sees to it that no orphan goes on.
new Worker(new URL("./orphan-watch.js", import.meta.url), { workerData: process.ppid }).unref();
void tell({ kind: "ready" });
