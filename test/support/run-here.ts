/** The program of a process that computes an experiment and does nothing else: `node --import tsx run-here.ts OPTIONS-AS-JSON`. */

import type { ExperimentOptions } from "../../src/experiments/plan/options.js";
import { runHere } from "../../src/experiments/work/run-here.js";

const options = JSON.parse(process.argv[2] ?? "") as ExperimentOptions;
const { status } = await runHere(options, {
  signal: new AbortController().signal,
  notice: () => undefined,
  progress: () => undefined,
});
process.exit(status === "complete" ? 0 : 1);
