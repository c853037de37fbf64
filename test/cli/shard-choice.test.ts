/** Which shard a command computes: what options and the surroundings say, and what is refused rather than guessed. */
// @needs nothing

import { describe, expect, test } from "vitest";
import { UsageError } from "../../src/base/errors.js";
import { parseShard, parseShards, shardOf, withoutShard } from "../../src/cli/shard-choice.js";

/** What Slurm sets in a task of `--array=ARRAY`. */
function slurm(id: number, array: readonly number[]): Record<string, string> {
  return {
    SLURM_ARRAY_TASK_ID: `${id}`,
    SLURM_ARRAY_TASK_COUNT: `${array.length}`,
    SLURM_ARRAY_TASK_MIN: `${Math.min(...array)}`,
    SLURM_ARRAY_TASK_MAX: `${Math.max(...array)}`,
  };
}
const upTo = (count: number): number[] => [...Array(count).keys()];
const refused = (flags: Parameters<typeof shardOf>[0], environment: Record<string, string>): UsageError => {
  try {
    shardOf(flags, environment);
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
  throw new Error("not refused");
};

describe("--shard", () => {
  test("counts from 0, and is refused with what is wrong", () => {
    expect([parseShard("0/1"), parseShard("15/16")]).toEqual([
      { index: 0, count: 1 },
      { index: 15, count: 16 },
    ]);
    expect(() => parseShard("16/16")).toThrow(/they count from 0, so that the last is 15\/16/);
    for (const text of ["", "3", "3/", "/3", "-1/3", "1/2/3", "1.5/3", "0/0", "0/10001", "a/b"])
      expect(() => parseShard(text), text).toThrow(RangeError);
    for (const text of ["0", "-1", "x", "10001"]) expect(() => parseShards(text), text).toThrow(RangeError);
    expect(parseShards("16")).toBe(16);
  });

  test("wins over the surroundings, silently; --no-shard is the whole run, and neither leaves room for another count", () => {
    const shard = { index: 1, count: 4 };
    expect(shardOf({ shard }, slurm(3, upTo(16)))).toEqual({ shard });
    expect(shardOf({ shard, shards: 4 }, {})).toEqual({ shard });
    expect(shardOf({ shard: false }, slurm(3, upTo(16)))).toEqual({});
    expect(refused({ shard, shards: 5 }, {}).message).toMatch(/1\/4 is not of 5 shards/);
    expect(refused({ shard: false, shards: 4 }, {}).message).toMatch(/exclude each other/);
  });
});

describe("without --shard", () => {
  test("nothing said is the whole run; --shards alone does not say which", () => {
    expect(shardOf({}, {})).toEqual({});
    expect(shardOf({}, { SLURM_ARRAY_TASK_ID: "" })).toEqual({});
    expect(refused({ shards: 16 }, {}).hint).toMatch(/--shard 0\/16/);
  });

  test("an array of 0 to n − 1 is n shards, and one line says so", () => {
    expect(shardOf({}, slurm(3, upTo(16)))).toEqual({
      shard: { index: 3, count: 16 },
      notice: expect.stringMatching(/^task 3 of a Slurm array of 16: shard 3\/16 of the run is computed; --no-shard/),
    });
  });

  test("a task that is submitted again alone is the same shard with --shards, and never another cut without it", () => {
    expect(shardOf({ shards: 16 }, slurm(2, [2])).shard).toEqual({ index: 2, count: 16 });
    expect(shardOf({ shards: 16 }, slurm(7, [2, 7, 11])).shard).toEqual({ index: 7, count: 16 });
    for (const array of [[2], [1, 2, 3], [0, 2], [0, 1, 4], [5, 6]])
      for (const id of array)
        expect(refused({}, slurm(id, array)).hint, array.join()).toMatch(/with --shards, as for the first array/);
  });

  test("an array that does not fit --shards is refused in every task of it, not in the last alone", () => {
    const fromOne = upTo(16).map((id) => id + 1);
    for (const id of fromOne)
      expect(refused({ shards: 16 }, slurm(id, fromOne)).hint).toBe("submit it with --array=0-15");
    // The first half of it, and then the other.
    expect(shardOf({ shards: 16 }, slurm(3, upTo(8))).shard).toEqual({ index: 3, count: 16 });
  });

  test("an index of a Kubernetes Job needs --shards", () => {
    expect(shardOf({ shards: 16 }, { JOB_COMPLETION_INDEX: "3" })).toEqual({
      shard: { index: 3, count: 16 },
      notice: expect.stringMatching(/index 3 of a Kubernetes Job: shard 3\/16/),
    });
    expect(refused({}, { JOB_COMPLETION_INDEX: "3" }).message).toMatch(/does not say how many shards/);
    expect(refused({ shards: 3 }, { JOB_COMPLETION_INDEX: "3" }).message).toMatch(/3 shards count from 0 to 2/);
  });

  test("what is no number is refused by its name", () => {
    expect(refused({ shards: 3 }, { SLURM_ARRAY_TASK_ID: "4294967294" }).message).toMatch(
      /SLURM_ARRAY_TASK_ID is "4294967294"/,
    );
    expect(refused({ shards: 3 }, { JOB_COMPLETION_INDEX: "one" }).message).toMatch(/JOB_COMPLETION_INDEX is "one"/);
  });
});

test("a command line without what chooses a shard is that of the whole run", () => {
  const whole = ["experiment", "--problems", "3", "--out", "o"];
  for (const choice of [["--shard", "0/3"], ["--shard=0/3"], ["--shards", "3"], ["--shards=3"], ["--no-shard"]]) {
    expect(withoutShard([...choice, ...whole])).toEqual(whole);
    expect(withoutShard([...whole, ...choice])).toEqual(whole);
  }
  expect(withoutShard(["--study", "shard", "x"])).toEqual(["--study", "shard", "x"]);
});
