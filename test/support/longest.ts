/** The test files that take longest, the longest first: they are begun first, so that none of them runs on alone at the end. */
export const LONGEST: readonly string[] = [
  "test/cli/queue-faults.test.ts",
  "test/cli/workers.test.ts",
  "test/lab/touch.test.ts",
  "test/cli/experiment.test.ts",
  "test/cli/supervision.test.ts",
  "test/cli/shards.test.ts",
  "test/docs/scale-lines.test.ts",
  "test/examples.test.ts",
  "test/cli/queue.test.ts",
  "test/package.test.ts",
  "test/lab/edits/copy.test.ts",
  "test/cli/cluster/slurm.test.ts",
  "test/docs/examples-run.test.ts",
  "test/bench/device.test.ts",
];
