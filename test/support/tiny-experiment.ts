/** An experiment on the embedded model, called as a function. */

import { EXPERIMENT_DEFAULTS } from "../../src/experiments/plan/defaults.js";
import type { ExperimentOptions } from "../../src/experiments/plan/options.js";

/** @param more what differs from a plain run of `problems` into `out`. */
export function tinyExperiment(
  out: string,
  problems: number,
  more: Partial<ExperimentOptions> = {},
): ExperimentOptions {
  return {
    ...EXPERIMENT_DEFAULTS,
    model: "weights/tiny-codi",
    data: "weights/tiny-codi/problems_100.jsonl",
    problems,
    layers: [4],
    out,
    command: "test",
    version: "0.0.0",
    ...more,
  };
}
