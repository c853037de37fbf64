/** An experiment that is computed by whoever is at a queue; this process plans it, and keeps its folder. */

import type { ExperimentOptions } from "../plan/options.js";
import { type ExperimentOutcome, runExperiment } from "../runner.js";
import type { RunnerHooks } from "../runner-hooks.js";
import type { QueueAddress } from "./address.js";
import { connectQueue } from "./connection.js";
import { queuePackages } from "./packages.js";
import { QueueCrew } from "./queue-crew.js";

/** How long Redis may take to hear that the run is whole. */
const MOST_FAREWELL_MS = 5_000;

/** What a run on a queue is given beside its options. */
export interface QueueRunHooks extends Omit<RunnerHooks, "crew"> {
  readonly address: QueueAddress;
}

/** Runs the experiment, or goes on with it. @throws what the runner throws; EnvironmentError where the queue cannot be had. */
export async function runOnQueue(
  options: ExperimentOptions,
  { address, ...hooks }: QueueRunHooks,
): Promise<ExperimentOutcome> {
  const { Queue } = await queuePackages();
  const redis = await connectQueue(address, hooks);
  const { signal, notice } = hooks;
  const crew = new QueueCrew(redis, { signal, notice, Queue });
  try {
    const outcome = await runExperiment({ ...options, workers: 1 }, { ...hooks, crew });
    if (outcome.status === "complete" || outcome.status === "partial") await inTime(crew.finish());
    return outcome;
  } finally {
    redis.disconnect();
  }
}

/** What is left in Redis otherwise ends by itself. */
async function inTime(farewell: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((done) => {
    timer = setTimeout(done, MOST_FAREWELL_MS);
  });
  await Promise.race([farewell, late]).catch(() => undefined);
  clearTimeout(timer);
}
