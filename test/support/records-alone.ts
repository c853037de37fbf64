/** Runs of which a test looks at the records alone: one shard of one holds those of the whole run, in its order, and no shard is analysed. */

import { join } from "node:path";

/** The options of `codilens experiment`. */
export const RECORDS_ALONE = ["--shard", "0/1"] as const;

/** Where such a run has its records, manifest, log and lock. */
export function shardIn(out: string): string {
  return join(out, "shard-0-of-1");
}
