/** A shard of a run: some of its jobs, computed by themselves into a folder of their own below the run's. */

/** Which shard of how many. */
export interface Shard {
  /** From 0. */
  readonly index: number;
  readonly count: number;
}

/** More are no cluster's. */
export const MOST_SHARDS = 10_000;

/** `3/16`, as `--shard` takes it. */
export function shardText({ index, count }: Shard): string {
  return `${index}/${count}`;
}

/** Name of the shard's folder: `shard-03-of-16`, so that folders are listed in their order. */
export function shardFolder({ index, count }: Shard): string {
  return `shard-${String(index).padStart(String(count).length, "0")}-of-${count}`;
}

/** Whether a folder's name is a shard's, a renamed copy's included. */
export function isShardFolder(name: string): boolean {
  return /^shard-\d+-of-\d+/.test(name);
}
