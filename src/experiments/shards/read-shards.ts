/** The shards' folders below a run's, as they lie there. */

import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { CodiLensError } from "../../base/errors.js";
import { holderOf } from "../../disk/lock.js";
import type { Manifest, ShardManifest } from "../../records/manifest.js";
import type { ExperimentRecord } from "../../records/record.js";
import { readRecords } from "../../records/record-line.js";
import { isShardFolder } from "../../records/shard.js";
import { readManifest } from "../../records/store.js";

/** Records, and where they lie. */
export interface RecordSource {
  /** Name of the folder. */
  readonly name: string;
  /** One of each key. */
  readonly records: readonly ExperimentRecord[];
}

/** A shard's folder. */
export interface FoundShard extends RecordSource {
  readonly manifest: Manifest;
  readonly shard: ShardManifest;
  /** Who computes in it, in words; null where nobody does. */
  readonly holder: string | null;
}

/** What lies below a run's folder. */
export interface FoundShards {
  readonly shards: readonly FoundShard[];
  /** What cannot be read, a sentence each. */
  readonly damaged: readonly string[];
}

/** @returns all shards, copies under other names included, by their index. */
export function readShards(dir: string): FoundShards {
  const shards: FoundShard[] = [];
  const damaged: string[] = [];
  for (const name of readdirSync(dir).sort()) {
    const path = join(dir, name);
    if (!statSync(path).isDirectory()) continue;
    try {
      const found = readShard(path, name);
      if (found !== null) shards.push(found);
    } catch (error) {
      if (!(error instanceof CodiLensError) || !isShardFolder(name)) throw error;
      damaged.push(error.message);
    }
  }
  return { shards: shards.sort((a, b) => a.shard.index - b.shard.index), damaged };
}

/** @returns null for a folder that is no shard's, or holds nothing yet. */
function readShard(dir: string, name: string): FoundShard | null {
  const manifest = existsSync(join(dir, "manifest.json")) || isShardFolder(name) ? readManifest(dir) : null;
  if (manifest?.shard === undefined) return null;
  return { name, manifest, shard: manifest.shard, records: recordsIn(dir), holder: holderOf(dir) };
}

/** The records of a folder, one of each key: of one and its repeat the later counts. */
export function recordsIn(dir: string): readonly ExperimentRecord[] {
  const path = join(dir, "records.jsonl");
  if (!existsSync(path)) return [];
  const { records } = readRecords(readFileSync(path), path);
  return [...new Map(records.map((record) => [record.key, record])).values()];
}
