/** The program of a thread beside the main one: computes the tasks that it is the first to claim, one after the other. */

import { parentPort, workerData } from "node:worker_threads";
import { failureOf } from "../../base/failure.js";
import { claim, type FromThread, type ThreadData, type ToThread } from "./messages.js";
import { compute, isLeftToThreads } from "./tasks.js";

const { claims, me } = workerData as ThreadData;
const taken = new Int32Array(claims);
const waiting: ToThread[] = [];
let isAtWork = false;

function tell(message: FromThread): void {
  parentPort?.postMessage(message);
}

async function work({ id, kind, given }: ToThread, next: () => void): Promise<void> {
  if (!claim(taken, { id, me })) return;
  try {
    tell({ id, made: await compute(kind, given, { onNext: next }) });
  } catch (error) {
    tell({ id, failure: failureOf(error) });
  }
}

/** What the main thread does not take comes first: it takes its share of the others meanwhile. */
function nextTask(): ToThread | undefined {
  const place = waiting.findIndex(({ kind }) => isLeftToThreads(kind));
  return waiting.splice(Math.max(0, place), 1)[0];
}

async function workOn(): Promise<void> {
  isAtWork = true;
  for (let task = nextTask(); task !== undefined; task = nextTask()) {
    const mine = task;
    await new Promise<void>((next) => void work(mine, next).then(next));
    // What was given meanwhile is heard between two tasks.
    await new Promise((heard) => setImmediate(heard));
  }
  isAtWork = false;
}

parentPort?.on("message", (message: ToThread) => {
  waiting.push(message);
  if (!isAtWork) void workOn();
});

// There is a figure to draw in almost every analysis, and nothing to do before the records are read. What fails here fails again there.
import("../draw/render.js").catch(() => undefined);
