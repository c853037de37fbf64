/** The other shards' folders, looked at before a shard computes for hours what could not be merged with them. */

import { readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { RunFolderError } from "../../base/errors.js";
import type { Manifest } from "../../records/manifest.js";
import { isShardFolder, type Shard, shardFolder, shardText } from "../../records/shard.js";
import { readManifest } from "../../records/store.js";
import { manifestOf } from "../plan/manifest-of.js";
import type { Setup } from "../plan/setup.js";
import { type ShardFacts, strangeness } from "./same-run.js";

// All tasks of a large array look at once.
const MOST_LOOKED_AT = 64;

/**
 * Does nothing for an undivided run, and for a shard that is begun anew: the others are begun anew with it.
 *
 * @throws RunFolderError where a shard beside it is of another cut, of another run, or was begun with other settings.
 */
export function checkSiblings(setup: Setup): void {
  const { options, dir } = setup;
  if (options.shard === undefined || options.fresh) return;
  const run = dirname(dir);
  const others = holdsShards(run)
    ? readdirSync(run).filter((name) => isShardFolder(name) && name !== basename(dir))
    : [];
  const planned = manifestOf(setup, { status: "started", seconds: null, records: 0, workers: 1, peakMemoryBytes: 0 });
  // What was begun keeps its settings.
  const mine = { ...planned, settings: manifestIn(dir)?.settings ?? planned.settings, shard: options.shard };
  for (const name of others.slice(0, MOST_LOOKED_AT)) {
    const manifest = manifestIn(join(run, name));
    if (manifest?.shard !== undefined) checkSame({ run, name }, { ...manifest, count: manifest.shard.count }, mine);
  }
}

/** What cannot be read is none of this shard's; merging names it. */
function manifestIn(dir: string): Manifest | null {
  try {
    return readManifest(dir);
  } catch {
    return null;
  }
}

function checkSame(
  { run, name }: { readonly run: string; readonly name: string },
  there: ShardFacts,
  { shard, ...here }: Pick<ShardFacts, "fingerprint" | "settings"> & { readonly shard: Shard },
): void {
  const strange = strangeness(there, { ...here, count: shard.count });
  switch (strange?.of) {
    case "run":
      throw new RunFolderError(
        `${run} holds a shard of another run, ${name}: ${strange.differing}`,
        "choose another --out, or begin all shards of this run with --new",
      );
    case "cut":
      throw new RunFolderError(
        `${run} holds shards of another cut (${name}), and this is shard ${shardText(shard)}`,
        `go on with --shards ${strange.count}, or choose another --out for another cut`,
      );
    case "settings":
      throw new RunFolderError(
        `${name} was begun with other settings than ${shardFolder(shard)}: ${strange.differing}`,
        "give all shards of a run the same --rows and --threads; one that was begun with others is begun again with --new",
      );
  }
}

/** Whether shards lie below a run's folder. */
export function holdsShards(dir: string): boolean {
  try {
    return readdirSync(dir).some(isShardFolder);
  } catch {
    return false;
  }
}
