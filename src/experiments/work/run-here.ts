/** An experiment that is computed in this process. A worker's own process needs nothing of it, and does not load the coordinator. */

import type { ExperimentOptions } from "../plan/options.js";
import { type ExperimentOutcome, runExperiment } from "../runner.js";
import type { RunnerHooks } from "../runner-hooks.js";
import { crewOfOne } from "./crew.js";
import { LocalWorker } from "./local-worker.js";

/** Runs the experiment in this process, or goes on with it. @throws what `runExperiment` throws. */
export function runHere(options: ExperimentOptions, hooks: Omit<RunnerHooks, "crew">): Promise<ExperimentOutcome> {
  return runExperiment(options, { ...hooks, crew: crewOfOne(new LocalWorker(hooks)) });
}
