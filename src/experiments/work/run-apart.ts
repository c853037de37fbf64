/** An experiment that is computed in processes of its own, so that a crash of the engine ends no run. */

import { environmentOf } from "../../model/tensor/hold-names.js";
import type { ExperimentOptions } from "../plan/options.js";
import { type ExperimentOutcome, runExperiment } from "../runner.js";
import type { RunnerHooks } from "../runner-hooks.js";
import { ChildCrew } from "./child-crew.js";

/** Runs the experiment, or goes on with it. @throws what the runner throws. */
export function runApart(options: ExperimentOptions, hooks: Omit<RunnerHooks, "crew">): Promise<ExperimentOutcome> {
  const { signal, notice } = hooks;
  const crew = new ChildCrew({ signal, notice, environment: environmentOf(options.hold) });
  return runExperiment(options, { ...hooks, crew });
}
