/** Text that another program reads from stdout. */

import type { ClusterRun } from "./cluster-run.js";

/** Writes the text, or with `--json` a document that holds it. */
export function printed(text: string, { json, run }: { readonly json: boolean; readonly run: ClusterRun }): void {
  const { shards, cpus, memoryMebibytes, mergeMemoryMebibytes, out } = run;
  const task = { cpus, memoryMebibytes };
  process.stdout.write(
    json ? `${JSON.stringify({ schema: 1, out, shards, task, mergeMemoryMebibytes, text }, null, 2)}\n` : text,
  );
}
