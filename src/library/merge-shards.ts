/** `codilens merge` for a script. */

import type { MergeOptions, MergeOutcome } from "../experiments/shards/merge.js";
import { folderOfModel } from "../model/checkpoint/model-names.js";

/** How shards are merged by a script. */
export interface ShardsOptions extends MergeOptions {
  /** Hears what the command writes to stderr, a line each. */
  readonly onNotice?: (text: string) => void;
}

/**
 * Puts a run together from its shards, which `runExperiment` computed with `shard`: the records in the run's order, and what its studies
 * make of all of them. A run that is together already stays as it is. `analyzeRun` of `codilens/analysis` then makes figures and report.
 *
 * @param dir the run's folder, that of the shards' folders.
 * @throws RunFolderError where shards are missing, incomplete, of another run or cut, or disagree; BadInputError where there are none, or
 *   the model that some study needs at the end is not there.
 * @example
 * ```ts
 * const merged = await mergeShards(dir);
 * merged.status; // → complete
 * ```
 */
export async function mergeShards(
  dir: string,
  { onNotice = () => undefined, model, base, ...options }: ShardsOptions = {},
): Promise<MergeOutcome> {
  const { mergeApart } = await import("../experiments/shards/merge-apart.js");
  const named = {
    ...(model === undefined ? {} : { model: await folderOfModel(model, { onNotice }) }),
    ...(base === undefined ? {} : { base: await folderOfModel(base, { onNotice }) }),
  };
  return mergeApart(dir, { ...options, ...named }, { notice: onNotice });
}
