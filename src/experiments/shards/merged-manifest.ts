/** The manifest of a run that was put together from its shards. */

import type { Manifest } from "../../records/manifest.js";
import type { FoundShard } from "./read-shards.js";

/** @param shards by their index, at least one: what describes the run is the same in each. */
export function mergedManifest(shards: readonly [FoundShard, ...FoundShard[]], status: Manifest["status"]): Manifest {
  const { shard: _, ...first } = shards[0].manifest;
  const stamps = shards.map(({ manifest }) => manifest.stamp);
  const numbers = (of: (stamp: Manifest["stamp"]) => unknown): number[] =>
    stamps.map(of).filter((each) => typeof each === "number");
  const begun = stamps.map(({ startedAt }) => startedAt).sort();
  return {
    ...first,
    status,
    stamp: {
      ...first.stamp,
      startedAt: begun[0] ?? first.stamp.startedAt,
      // Of all shards together, whatever ran at the same time.
      seconds: numbers(({ seconds }) => seconds).reduce((sum, each) => sum + each, 0),
      peakMemoryBytes: numbers(({ peakMemoryBytes }) => peakMemoryBytes).reduce((a, b) => Math.max(a, b), 0),
      shards: shards.map(({ name, manifest: { stamp } }) => ({
        name,
        processor: stamp["processor"],
        startedAt: stamp.startedAt,
        seconds: stamp["seconds"],
      })),
    },
  };
}
