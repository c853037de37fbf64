/** In which order jobs are handed out, and what becomes of those that come back. */
// @needs nothing

import { expect, test } from "vitest";
import { type Job, withKey } from "../../../src/experiments/jobs/job.js";
import type { PlannedJob } from "../../../src/experiments/jobs/plan-jobs.js";
import { JobPool, type PooledJob, type PoolHooks } from "../../../src/experiments/work/job-pool.js";
import { settings } from "../../support/job-settings.js";

/** Jobs by their costs; a job's number is its problem's. */
function planned(count: number): PlannedJob[] {
  return Array.from({ length: count }, (_, index) => ({
    job: withKey({
      problems: [
        { index, problem: { id: `${index}`, question: "", expected: 0, difficulty: "1-step" }, keys: [`${index}`] },
      ],
      conditions: [],
      latents: 6,
      reads: [],
      settings: settings(),
    }),
    costs: [],
  }));
}
const numberOf = ({ job }: { readonly job: Job }): number => job.problems[0]?.index ?? Number.NaN;

function poolOf(costs: readonly number[], more: Partial<PoolHooks> = {}): JobPool {
  return new JobPool(planned(costs.length), {
    missingOf: ({ problems }) => new Set(problems.flatMap(({ keys }) => keys.filter((key) => key !== null))),
    knowsBaselines: () => true,
    costOf: (each) => costs[numberOf(each)] ?? 0,
    ...more,
  });
}

const turn = (): Promise<void> => new Promise((done) => setImmediate(done));
async function planAll(): Promise<void> {
  for (let i = 0; i < 200; i++) await turn();
}
async function take(pool: JobPool, inOrder = false): Promise<PooledJob> {
  const job = await pool.take(inOrder);
  if (job === null) throw new Error("nothing was handed out");
  return job;
}

test("one lane takes jobs in their order, and only the next one is planned meanwhile", async () => {
  let made = 0;
  function* lazily(): Generator<PlannedJob> {
    for (const job of planned(9)) {
      made++;
      yield job;
    }
  }
  const pool = new JobPool(lazily(), {
    missingOf: () => new Set(["key"]),
    knowsBaselines: () => true,
    costOf: (each) => numberOf(each),
  });
  const seen: number[] = [];
  for (let i = 0; i < 3; i++) {
    seen.push(numberOf(await take(pool, true)));
    await planAll();
    pool.done();
  }
  expect([seen, made]).toEqual([[0, 1, 2], 5]);
});

test("several lanes take the costliest of those ahead, and small ones are left for the end", async () => {
  const pool = poolOf([1, 5, 2, 9, 3]);
  const first = numberOf(await take(pool));
  await planAll();
  const others: number[] = [];
  for (let i = 0; i < 4; i++) others.push(numberOf(await take(pool)));
  expect([first, others]).toEqual([0, [3, 1, 4, 2]]);
});

test("with the costliest first, two lanes end within a tenth of each other", async () => {
  // Costs as uneven as a run's, the large ones last: in the run's order one lane would have 40 while the other is done.
  const costs = [...Array.from({ length: 30 }, (_, i) => 1 + (i % 3)), 20, 40];
  const pool = poolOf(costs);
  pool.ahead(costs.length);
  const lanes = [0, 0];
  for (let i = 0; i < costs.length; i++) {
    const lane = (lanes[0] ?? 0) <= (lanes[1] ?? 0) ? 0 : 1;
    lanes[lane] = (lanes[lane] ?? 0) + (costs[numberOf(await take(pool))] ?? 0);
  }
  expect(lanes.reduce((sum, each) => sum + each, 0)).toBe(costs.reduce((sum, each) => sum + each, 0));
  expect(Math.min(...lanes) / Math.max(...lanes)).toBeGreaterThan(0.9);
});

test("what is kept already is not handed out", async () => {
  const pool = poolOf([1, 1, 1], { missingOf: ({ problems }) => new Set(problems[0]?.index === 1 ? [] : ["key"]) });
  expect(pool.ahead(9)).toEqual({ jobs: 2, cost: 2 });
  expect([numberOf(await take(pool, true)), numberOf(await take(pool, true))]).toEqual([0, 2]);
});

test("a lane waits while others have jobs in hand, takes what they give back, and ends when the last one is done", async () => {
  const pool = poolOf([1]);
  const job = await take(pool);
  const waiting = pool.take(false);
  pool.giveBack(job, { isHeldBack: false });
  expect(numberOf((await waiting) as PooledJob)).toBe(0);
  const last = pool.take(false);
  pool.done();
  expect(await last).toBeNull();
  await pool.ended;
});

test("a job that is held back waits for its baselines, and is handed out once where they never come", async () => {
  const known = new Set<number>();
  const pool = poolOf([9, 1, 2], { knowsBaselines: ({ problems }) => known.has(problems[0]?.index ?? -1) });
  pool.ahead(3);
  const dead = await take(pool);
  pool.giveBack(dead, { isHeldBack: true });
  const [a, b] = [await take(pool), await take(pool)];
  expect([numberOf(a), numberOf(b)]).toEqual([2, 1]);
  const waiting = pool.take(false);
  known.add(0);
  pool.done();
  expect(await waiting).toMatchObject({ wasHeldBack: true });
  pool.giveBack((await waiting) as PooledJob, { isHeldBack: true });
  known.clear();
  pool.done();
  expect(numberOf(await take(pool))).toBe(0);
});

test("nothing is handed out after a stop, and planning that fails says so to whoever asks next", async () => {
  const stopped = poolOf([1, 2]);
  stopped.stop();
  expect(await stopped.take(false)).toBeNull();
  function* failing(): Generator<PlannedJob> {
    yield* planned(1);
    throw new RangeError("cannot be planned");
  }
  const hooks: PoolHooks = { missingOf: () => new Set(["key"]), knowsBaselines: () => true, costOf: () => 1 };
  const pool = new JobPool(failing(), hooks);
  await take(pool);
  await planAll();
  await expect(pool.take(false)).rejects.toThrow("cannot be planned");
});
