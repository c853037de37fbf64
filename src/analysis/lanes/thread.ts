/** The program of a thread beside the main one: computes the tasks that it is the first to claim, one after the other. */

import { parentPort, workerData } from "node:worker_threads";
import { failureOf } from "../../base/failure.js";
import { claim, type FromThread, type ThreadData, type ToThread } from "./messages.js";
import { compute } from "./tasks.js";

const { claims, me } = workerData as ThreadData;
const taken = new Int32Array(claims);
let before: Promise<void> = Promise.resolve();

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

parentPort?.on("message", (message: ToThread) => {
  before = before.then(() => new Promise((next) => void work(message, next).then(next)));
});

// There is a figure to draw in almost every analysis, and nothing to do before the records are read. What fails here fails again there.
import("../draw/render.js").catch(() => undefined);
