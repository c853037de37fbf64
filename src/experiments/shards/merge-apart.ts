/** Merging whose computing, where there is any, is done in a process of its own. */

import { ChildWorker } from "../work/child-worker.js";
import type { LastHooks } from "./end-run.js";
import { type MergeOptions, type MergeOutcome, merge } from "./merge.js";

/** Merges shards. @throws what `merge` throws. */
export function mergeApart(
  dir: string,
  options: MergeOptions,
  { notice }: Pick<LastHooks, "notice">,
): Promise<MergeOutcome> {
  const program = new URL("../work/compute-child.js", import.meta.url);
  return merge(dir, options, { notice, worker: () => new ChildWorker(program, { notice }) });
}
