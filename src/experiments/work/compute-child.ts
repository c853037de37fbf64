/** The program of a worker that is a process of its own: loads the model and computes what it is given. Keeps no record. */

import { Worker as Thread } from "node:worker_threads";
import { failureOf, isOutOfMemory } from "./failure.js";
import type { FromWorker, ToWorker } from "./messages.js";

const FORWARDED_MS = 250;

process.on("disconnect", vanish);
// The parent may have gone before this was heard.
if (process.connected === false) vanish();
// While the engine computes nothing of that is heard, so another thread sees to it that no orphan goes on.
new Thread(new URL("./orphan-watch.js", import.meta.url), { workerData: process.ppid, execArgv: [] }).unref();
// A terminal's signals reach both processes; the parent decides what they mean.
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => undefined);
process.stderr.on("error", () => undefined);

// Only now, since it takes a while.
const { LocalWorker } = await import("./local-worker.js");
const worker = new LocalWorker({ notice: (text) => void tell({ kind: "notice", text }) });
process.on("message", (message) => void hear(message as ToWorker));
void tell({ kind: "ready" });

function tell(message: FromWorker): Promise<void> {
  return new Promise((done) => process.send?.(message, undefined, {}, () => done()));
}

function answerTo(message: ToWorker): Promise<unknown> {
  switch (message.kind) {
    case "start":
      return worker.start(message.given);
    case "load":
      return worker.load(message.given);
    case "compute":
      return worker.compute(message.given, nowAndThen());
    case "measureSteps":
      return worker.measureSteps();
    case "writeProfile":
      return worker.writeProfile(message.given);
    case "afterRun":
      return worker.afterRun(message.given);
    case "peakMemory":
      return worker.peakMemory();
  }
}

/** Tells of forwards, several at once: a forward of a small model takes less time than its message. */
function nowAndThen(): (tokenForwards: number) => void {
  let [forwarded, reported] = [0, performance.now()];
  return (tokenForwards) => {
    forwarded += tokenForwards;
    const now = performance.now();
    if (now - reported < FORWARDED_MS) return;
    void tell({ kind: "forwarded", tokenForwards: forwarded });
    [forwarded, reported] = [0, now];
  };
}

async function hear(message: ToWorker): Promise<void> {
  try {
    const answer = (await answerTo(message)) ?? null;
    await tell({ kind: "answer", answer });
  } catch (error) {
    const isExhausted = isOutOfMemory(error);
    await tell(isExhausted ? { kind: "exhausted" } : { kind: "failure", failure: failureOf(error) });
    if (isExhausted) vanish();
  }
}

/**
 * Ends this process as it stands, as the parent does when the work is done. Its results are with the parent, and nothing is left to be written; a regular exit would take the
 * engine's library down under its own threads, and free memory that it shares with this process's arrays: heap corruption, now and then.
 */
function vanish(): void {
  process.kill(process.pid, "SIGKILL");
}
