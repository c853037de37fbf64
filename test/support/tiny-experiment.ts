/** An experiment on the embedded model, called as a function. */

import type { ExperimentOptions } from "../../src/experiments/plan/options.js";

/** @param more what differs from a plain run of `problems` into `out`. */
export function tinyExperiment(
  out: string,
  problems: number,
  more: Partial<ExperimentOptions> = {},
): ExperimentOptions {
  return {
    model: "weights/tiny-codi",
    force: false,
    data: "weights/tiny-codi/problems_100.jsonl",
    problems,
    testMode: false,
    layers: [4],
    ablateLayer: 8,
    studies: [],
    out,
    seed: 42,
    dryRun: false,
    profile: false,
    onBadRow: "fail",
    engine: "auto",
    takeOver: false,
    fresh: false,
    command: "test",
    version: "0.0.0",
    ...more,
  };
}
