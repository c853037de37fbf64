/** What is said of shards that can be merged. */

import type { EngineInfo } from "../../model/tensor/engine.js";
import type { Manifest } from "../../records/manifest.js";
import { shardText } from "../../records/shard.js";
import { groupsBy, listOf } from "./lists.js";
import type { FoundShard } from "./read-shards.js";

/** Folders of one shard; that their records are equal was found before. */
export function doubled(shards: readonly FoundShard[]): string[] {
  return groupsBy(shards, ({ shard }) => shard.index).flatMap((folders) => {
    const [first] = folders;
    if (folders.length === 1) return [];
    const names = folders.map(({ name }) => name).join(", ");
    return [`shard ${shardText(first.shard)} is there ${folders.length} times (${names}); what they share is equal`];
  });
}

/** Which shards have items that failed. */
export function failures(shards: readonly FoundShard[]): string[] {
  const failed = shards.flatMap(({ name, records }) => {
    const count = records.filter(({ status }) => status === "failed").length;
    return count === 0 ? [] : [`${count} in ${name}`];
  });
  return failed.length === 0 ? [] : [`items that failed: ${failed.join(", ")}`];
}

type Stamp = Manifest["stamp"];

/** What may change the last digits between shards, and is no setting of the run. */
const MACHINE: Readonly<Record<string, (stamp: Stamp) => unknown>> = {
  "on processors": ({ processor }) => processor ?? "unknown",
  "by builds of the engine": ({ engine }) => buildOf(engine),
  "by versions of CodiLens": ({ version }) => version,
  "by versions of Node": ({ node, platform }) => `${node} on ${platform}`,
};

function buildOf(engine: unknown): string {
  const { name, version, device, route, adapter }: Partial<EngineInfo> = engine ?? {};
  return `${name} ${version} (${adapter ?? device}, ${route})`;
}

/** Where shards were computed by what differs. */
export function differingMachines(shards: readonly FoundShard[]): string[] {
  return Object.entries(MACHINE).flatMap(([how, of]) => {
    const groups = groupsBy(shards, ({ manifest }) => of(manifest.stamp));
    if (groups.length < 2) return [];
    const listed = groups.map(
      (mine) => `${of(mine[0].manifest.stamp)}: ${listOf(mine.map(({ shard }) => shard.index))}`,
    );
    return [`shards were computed ${how} that differ, and with them last digits may (${listed.join("; ")})`];
  });
}
