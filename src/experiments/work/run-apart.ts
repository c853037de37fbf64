/** An experiment that is computed in a process of its own, so that a crash of the engine ends no run. */

import type { ExperimentOptions } from "../plan/options.js";
import { type ExperimentOutcome, type RunnerHooks, runExperiment } from "../runner.js";
import { ChildWorker } from "./child-worker.js";

/** Runs the experiment, or goes on with it. @throws what the runner throws. */
export function runApart(options: ExperimentOptions, hooks: Omit<RunnerHooks, "worker">): Promise<ExperimentOutcome> {
  const program = new URL("./compute-child.js", import.meta.url);
  const { signal, notice } = hooks;
  return runExperiment(options, { ...hooks, worker: new ChildWorker(program, { signal, notice }) });
}
