/** What becomes of a run's jobs where one lane fails, dies or comes too late. Lanes are stand-ins here; test/cli/workers.test.ts has real ones. */
// @needs nothing

import { expect, test } from "vitest";
import { EnvironmentError } from "../../../src/base/errors.js";
import { withKey } from "../../../src/experiments/jobs/job.js";
import type { PlannedJob } from "../../../src/experiments/jobs/plan-jobs.js";
import type { Setup } from "../../../src/experiments/plan/setup.js";
import { JobPool, type PooledJob } from "../../../src/experiments/work/job-pool.js";
import { type Lane, Lanes } from "../../../src/experiments/work/lanes.js";
import { WorkerDied } from "../../../src/experiments/work/worker.js";
import { settings } from "../../support/job-settings.js";

function planned(count: number): PlannedJob[] {
  return Array.from({ length: count }, (_, index) => {
    const problem = { id: `${index}`, question: "", expected: 0, difficulty: "1-step" as const };
    const job = { problems: [{ index, problem, keys: [`${index}`] }], conditions: [], latents: 6, reads: [] };
    return { job: withKey({ ...job, settings: settings() }), costs: [] };
  });
}
const numberOf = ({ job }: PooledJob): number => job.problems[0]?.index ?? Number.NaN;
const wait = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

interface Script {
  readonly join?: () => Promise<void>;
  readonly keep?: (job: number) => Promise<void>;
}

/** Runs lanes by their scripts; the first is the lead's. */
async function runLanes(jobs: number, scripts: readonly Script[]) {
  const kept: number[] = [];
  const notices: string[] = [];
  const pool = new JobPool(planned(jobs), {
    missingOf: ({ problems }) => new Set(problems.map(({ index }) => `${index}`)),
    knowsBaselines: () => true,
    costOf: () => 1,
  });
  const lanes = scripts.map(({ join, keep }, place): Lane => {
    const held = { join: join ?? (async () => undefined), isStopped: async () => false };
    const keeper = {
      keep: async (job: PooledJob) => {
        await keep?.(numberOf(job));
        kept.push(numberOf(job));
        return 1;
      },
    };
    return { held, keeper, isHelper: place > 0 } as unknown as Lane;
  });
  const hooks = { setup: {} as Setup, pool, signal: new AbortController().signal };
  const watch = { onForward: () => undefined, end: () => undefined };
  const failure = await new Lanes(lanes, { ...hooks, notice: (text) => notices.push(text), begin: () => watch })
    .run()
    .then(
      () => null,
      (error: Error) => error,
    );
  return { kept: kept.sort((a, b) => a - b), notices, failure };
}

const slowly = async (): Promise<void> => wait(40);

test("an error of one lane ends the run with it, once the other has kept what it had in hand", async () => {
  const wrong = new RangeError("not finite");
  const { kept, failure } = await runLanes(9, [
    { keep: slowly },
    {
      keep: async () => {
        await wait(10);
        throw wrong;
      },
    },
  ]);
  expect([failure, kept.length]).toEqual([wrong, 1]);
});

test("a worker that cannot be had again leaves its job to the others, with a line", async () => {
  const died = async (): Promise<void> => {
    throw new WorkerDied("SIGKILL");
  };
  const { kept, notices, failure } = await runLanes(4, [{ keep: slowly }, { keep: died }, { keep: slowly }]);
  expect([failure, kept]).toEqual([null, [0, 1, 2, 3]]);
  expect(notices).toEqual(["worker 2 is given up: The computing process ended by SIGKILL; the run goes on with 2"]);
  const alone = await runLanes(4, [{ keep: died }, { keep: died }]);
  expect([alone.failure, alone.kept]).toEqual([new WorkerDied("SIGKILL"), []]);
  expect(alone.notices.length).toBe(1);
});

test("a helper that finds no memory is given up; the lead's own failure ends the run", async () => {
  const full = new EnvironmentError("Not enough memory", "close other programs");
  const join = async (): Promise<void> => {
    throw full;
  };
  const helped = await runLanes(3, [{ keep: slowly }, { join }]);
  expect([helped.failure, helped.kept]).toEqual([null, [0, 1, 2]]);
  expect(helped.notices).toEqual(["worker 2 is given up: Not enough memory; the run goes on with 1"]);
  expect((await runLanes(3, [{ join }, { keep: slowly }])).failure).toBe(full);
});

test("three problems in a row are the machine's fault in any lane", async () => {
  const hopeless = new EnvironmentError("at three problems in a row", "memory");
  const keep = async (): Promise<void> => {
    throw hopeless;
  };
  expect((await runLanes(9, [{ keep: slowly }, { keep }])).failure).toBe(hopeless);
});

test("a helper that is not ready before all is computed is not waited for", async () => {
  const never = (): Promise<void> => new Promise(() => undefined);
  const { kept, failure } = await runLanes(3, [{}, { join: never }]);
  expect([failure, kept]).toEqual([null, [0, 1, 2]]);
});
