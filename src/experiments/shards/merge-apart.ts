/** Merging whose computing, where there is any, is done in a process of its own. */

import { ChildWorker } from "../work/child-worker.js";
import { COMPUTE_PROGRAM } from "../work/compute-program.js";
import type { LastHooks } from "./end-run.js";
import { type MergeOptions, type MergeOutcome, merge } from "./merge.js";

/** Merges shards. @throws what `merge` throws. */
export function mergeApart(
  dir: string,
  options: MergeOptions,
  { notice }: Pick<LastHooks, "notice">,
): Promise<MergeOutcome> {
  return merge(dir, options, { notice, worker: () => new ChildWorker(COMPUTE_PROGRAM, { notice }) });
}
