/** The other shards' folders, looked at before a shard computes for hours what could not be merged with them. */

import { readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { RunFolderError } from "../../base/errors.js";
import { differences, differingFields, type Fingerprint } from "../../records/fingerprint.js";
import type { Manifest } from "../../records/manifest.js";
import { isShardFolder, type Shard, shardFolder, shardText } from "../../records/shard.js";
import { readManifest } from "../../records/store.js";
import { manifestOf } from "../plan/manifest-of.js";
import type { Setup } from "../plan/setup.js";

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
    if (manifest?.shard !== undefined) checkSame({ run, name }, { ...manifest, shard: manifest.shard }, mine);
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

/** What shards of one run have in common. */
interface ShardFacts extends Pick<Manifest, "fingerprint" | "settings"> {
  readonly shard: Shard;
}

function checkSame(
  { run, name }: { readonly run: string; readonly name: string },
  there: ShardFacts,
  here: ShardFacts,
): void {
  const foreign = differences(there.fingerprint as Partial<Fingerprint>, here.fingerprint as unknown as Fingerprint);
  if (foreign.length > 0)
    throw new RunFolderError(
      `${run} holds a shard of another run, ${name}: ${foreign.join("; ")}`,
      "choose another --out, or begin all shards of this run with --new",
    );
  if (there.shard.count !== here.shard.count)
    throw new RunFolderError(
      `${run} holds shards of another cut (${name}), and this is shard ${shardText(here.shard)}`,
      `go on with --shards ${there.shard.count}, or choose another --out for another cut`,
    );
  const settings = differingFields(there.settings, here.settings);
  if (settings.length > 0)
    throw new RunFolderError(
      `${name} was begun with other settings than ${shardFolder(here.shard)}: ${settings.join("; ")}`,
      "give all shards of a run the same --rows and --threads; one that was begun with others is begun again with --new",
    );
}

/** Whether shards lie below a run's folder. */
export function holdsShards(dir: string): boolean {
  try {
    return readdirSync(dir).some(isShardFolder);
  } catch {
    return false;
  }
}
