/** What shards amount to: one run's records in its order, or what stands against it. Reads and writes no file. */

import { range } from "../../base/range.js";
import type { Manifest } from "../../records/manifest.js";
import type { ExperimentRecord } from "../../records/record.js";
import { shardText } from "../../records/shard.js";
import { groupsBy, listOf } from "./lists.js";
import { Places } from "./places.js";
import type { FoundShard, RecordSource } from "./read-shards.js";
import { strangeness } from "./same-run.js";
import { differingMachines, doubled, failures } from "./shard-notices.js";

/** More incomplete shards are counted. */
const MOST_NAMED = 5;

/** What of a run is there. */
export interface Reconciled {
  /** In the run's order. */
  readonly records: readonly ExperimentRecord[];
  /** How many there are when none is missing. */
  readonly wanted: number;
  /** Why nothing can be merged, a sentence each. */
  readonly faults: readonly string[];
  /** Shards without which the run is not whole, a sentence each. */
  readonly lacking: readonly string[];
  /** Their indices. */
  readonly toCompute: readonly number[];
  readonly notices: readonly string[];
}

/** The run's own folder, where it holds a run already. */
export interface OwnRun extends RecordSource {
  readonly manifest: Manifest;
}

/** @param own what the run's folder itself holds; its settings are the run's. */
export function reconcile(shards: readonly FoundShard[], own: OwnRun | null): Reconciled {
  const run = own?.manifest ?? mostCommon(shards)?.manifest ?? null;
  const count = mostCommon(shards)?.shard.count ?? 0;
  const foreign = shards.flatMap((shard) => foreignness(shard, { run, count }));
  if (run === null || foreign.length > 0)
    return { records: [], wanted: 0, faults: foreign, lacking: [], toCompute: [], notices: [] };
  const places = new Places(run, shards[0]?.shard.conditions ?? []);
  for (const source of [...(own === null ? [] : [own]), ...shards]) places.take(source);
  const records = places.inOrder();
  const isWhole = records.length === places.wanted;
  return {
    records,
    wanted: places.wanted,
    faults: places.faults(),
    ...(isWhole ? { lacking: [], toCompute: [] } : lackingOf(shards, count)),
    notices: [...doubled(shards), ...failures(shards), ...differingMachines(shards)],
  };
}

/** One of those that most agree with; of equally many the first. */
function mostCommon(shards: readonly FoundShard[]): FoundShard | undefined {
  const groups = groupsBy(shards, ({ manifest, shard }) =>
    JSON.stringify([manifest.fingerprint, manifest.settings, shard.count]),
  );
  return groups.reduce<readonly FoundShard[]>((a, b) => (b.length > a.length ? b : a), [])[0];
}

function foreignness(
  { name, manifest, shard }: FoundShard,
  { run, count }: { readonly run: Manifest | null; readonly count: number },
): string[] {
  if (run === null) return [];
  const strange = strangeness({ ...manifest, count: shard.count }, { ...run, count });
  switch (strange?.of) {
    case "run":
      return [`${name} belongs to another run: ${strange.differing}`];
    case "cut":
      return [`${name} is of another cut: ${strange.count} shards there, ${count} here`];
    case "settings":
      return [`${name} was computed with other settings: ${strange.differing}`];
    default:
      return [];
  }
}

interface Lacking {
  readonly toCompute: readonly number[];
  readonly lacking: readonly string[];
}

/** Shards that are not there, or not as far as they should be. */
function lackingOf(shards: readonly FoundShard[], count: number): Lacking {
  const missing: number[] = [];
  const begun: FoundShard[] = [];
  for (const index of range(count)) {
    const folders = shards.filter(({ shard }) => shard.index === index);
    const furthest = folders.toSorted((a, b) => b.records.length - a.records.length)[0];
    if (furthest === undefined) missing.push(index);
    else if (furthest.records.length < furthest.shard.records) begun.push(furthest);
  }
  return {
    toCompute: [...missing, ...begun.map(({ shard }) => shard.index)].sort((a, b) => a - b),
    lacking: [
      ...(missing.length === 0 ? [] : [missingText(missing, count)]),
      ...begun.slice(0, MOST_NAMED).map(({ shard, records, holder }) => {
        const where = holder === null ? "" : ` and is in use by ${holder}`;
        return `shard ${shardText(shard)} has ${records.length} of ${shard.records} records${where}`;
      }),
      ...(begun.length <= MOST_NAMED ? [] : [`${begun.length - MOST_NAMED} more shards are incomplete`]),
    ],
  };
}

function missingText(missing: readonly number[], count: number): string {
  const [shards, are] = missing.length === 1 ? ["shard", "is"] : ["shards", "are"];
  return `${shards} ${listOf(missing)} of ${count} ${are} missing`;
}
