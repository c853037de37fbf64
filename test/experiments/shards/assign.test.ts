/** Jobs dealt out to shards: evenly, and alike on every machine. */
// @needs nothing

import { expect, test } from "vitest";
import { seededRandom } from "../../../src/base/random.js";
import { assignShards } from "../../../src/experiments/shards/assign.js";
import { isShardFolder, shardFolder } from "../../../src/records/shard.js";

/** The least that the fullest shard can have, by trying every way. */
function optimum(costs: readonly number[], count: number): number {
  let best = Number.POSITIVE_INFINITY;
  const loads = new Array<number>(count).fill(0);
  const place = (job: number): void => {
    if (job === costs.length) {
      best = Math.min(best, Math.max(...loads));
      return;
    }
    for (let shard = 0; shard < count; shard++) {
      loads[shard] = (loads[shard] ?? 0) + (costs[job] ?? 0);
      if ((loads[shard] ?? 0) < best) place(job + 1);
      loads[shard] = (loads[shard] ?? 0) - (costs[job] ?? 0);
    }
  };
  place(0);
  return best;
}

function loadsOf(costs: readonly number[], shards: readonly number[], count: number): number[] {
  return Array.from({ length: count }, (_, shard) =>
    costs.reduce((sum, cost, job) => sum + (shards[job] === shard ? cost : 0), 0),
  );
}

test("every job has one shard, and the fullest has at most 4/3 − 1/(3n) of the least that is possible (Graham 1969)", () => {
  const random = seededRandom(7);
  for (let round = 0; round < 60; round++) {
    const count = 2 + (round % 3);
    const costs = Array.from({ length: 1 + (round % 9) }, () => 1 + random.int(50));
    const shards = assignShards(costs, count);
    expect(shards.length).toBe(costs.length);
    expect(shards.every((shard) => Number.isInteger(shard) && shard >= 0 && shard < count)).toBe(true);
    const bound = (4 / 3 - 1 / (3 * count)) * optimum(costs, count);
    expect(Math.max(...loadsOf(costs, shards, count))).toBeLessThanOrEqual(bound + 1e-9);
  }
});

test("equal jobs go round, the first to the first; more shards than jobs leaves some without any", () => {
  expect(assignShards([5, 5, 5, 5, 5], 2)).toEqual([0, 1, 0, 1, 0]);
  expect(assignShards([1, 9], 4)).toEqual([1, 0]);
  expect(assignShards([], 3)).toEqual([]);
});

test("folders of shards are listed in their order, and known by their names", () => {
  const names = [...Array(12).keys()].map((index) => shardFolder({ index, count: 12 }));
  expect([...names].sort()).toEqual(names);
  expect(names[3]).toBe("shard-03-of-12");
  expect(names.every(isShardFolder)).toBe(true);
  expect(["shard", "figures", "shards-1-of-2", "xshard-1-of-2"].some(isShardFolder)).toBe(false);
});
