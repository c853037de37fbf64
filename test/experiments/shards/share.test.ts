/** What a shard computes of a run: whole jobs of the plan, each in one shard, found alike by every one of them. */
// @needs engine

import { expect, test, vi } from "vitest";
import { recordKeys } from "../../../src/experiments/jobs/plan-jobs.js";
import { planOf } from "../../../src/experiments/plan/plan.js";
import { prepare } from "../../../src/experiments/plan/prepare.js";
import { runTokenizer } from "../../../src/experiments/plan/run-tokenizer.js";
import type { Setup } from "../../../src/experiments/plan/setup.js";
import { shareOf } from "../../../src/experiments/shards/share.js";
import { startEngine } from "../../../src/model/tensor/engines/start.js";
import { tinyExperiment } from "../../support/tiny-experiment.js";

const COUNT = 3;
const STUDIES = ["budget", "residual", "token-ablation"];

function setupOf(index: number | null): Promise<Setup> {
  const more = index === null ? {} : { shard: { index, count: COUNT } };
  const options = tinyExperiment("/no/folder", 4, { studies: STUDIES, ...more });
  return prepare(options, { startEngine: ({ threads }) => startEngine("auto", { threads }) });
}

test("the shards' jobs are the run's, none twice and none cut; records come in the run's order, and the plan counts them", async () => {
  const run = await setupOf(null);
  const keys = recordKeys(run);
  const whole = shareOf(run, keys);
  const jobs = [...whole.jobs].map(({ job }) => job.key);
  expect(whole.keys).toEqual(keys.flat());
  expect(planOf(run).shard).toBeUndefined();

  const found: string[][] = [];
  const items: number[] = [];
  for (let index = 0; index < COUNT; index++) {
    const setup = await setupOf(index);
    expect([setup.dir, setup.fingerprint]).toEqual([`/no/folder/shard-${index}-of-3`, run.fingerprint]);
    const share = shareOf(setup, recordKeys(setup));
    const mine = [...share.jobs].map(({ job }) => job);
    const made = mine.flatMap(({ problems }) =>
      problems.flatMap((problem) => problem.keys.flatMap((key) => key ?? [])),
    );
    expect([...made].sort()).toEqual([...share.keys].sort());
    const order = share.keys.map((key) => whole.keys.indexOf(key));
    expect(order).toEqual([...order].sort((a, b) => a - b));
    const { shard, parts } = planOf(setup);
    expect(parts).toBe(jobs.length);
    expect(shard).toMatchObject({ index, count: COUNT, items: share.keys.length, parts: mine.length });
    found.push(mine.map(({ key }) => key));
    items.push(share.keys.length);
  }
  expect(found.flat().sort()).toEqual([...jobs].sort());
  expect(found.every(({ length }) => length > 0)).toBe(true);
  expect(items.reduce((sum, each) => sum + each, 0)).toBe(whole.keys.length);
}, 240_000);

test("a shard tokenises each question once, for its share and for its jobs", async () => {
  const setup = await setupOf(1);
  const encode = vi.spyOn(runTokenizer(setup.model.checkpoint), "encodePrompt");
  const jobs = [...shareOf(setup, recordKeys(setup)).jobs];
  const asked = encode.mock.calls.map(([question]) => question);
  expect([jobs.length > 0, asked.length > 0]).toEqual([true, true]);
  expect(asked).toEqual([...new Set(asked)]);
}, 120_000);
