/** A run as jobs: data that survives JSON, whose records do not depend on where they are computed. */
// @needs engine, build, time

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { compute } from "../../src/experiments/jobs/compute.js";
import { type Job, keepsBaseline } from "../../src/experiments/jobs/job.js";
import { muted, narrowed, stoodIn } from "../../src/experiments/jobs/narrow.js";
import { jobsOf, recordKeys } from "../../src/experiments/jobs/plan-jobs.js";
import { layoutOf } from "../../src/experiments/plan/layout.js";
import { prepare } from "../../src/experiments/plan/prepare.js";
import type { Setup } from "../../src/experiments/plan/setup.js";
import { type ExperimentOutcome, runExperiment } from "../../src/experiments/runner.js";
import { ChildWorker } from "../../src/experiments/work/child-worker.js";
import { crewOfOne } from "../../src/experiments/work/crew.js";
import { runHere } from "../../src/experiments/work/run-here.js";
import { startEngine } from "../../src/model/tensor/engines/start.js";
import { hashOf } from "../../src/records/fingerprint.js";
import { temporaryFolder } from "../support/temporary.js";
import { loadTiny } from "../support/tiny.js";
import { tinyExperiment } from "../support/tiny-experiment.js";

const STUDIES = ["budget", "lens", "patching", "question-to-latent", "residual", "token-ablation"];
const model = await loadTiny();
afterAll(() => model.dispose());

function setupOf(problems: number, studies: readonly string[] = STUDIES): Promise<Setup> {
  const options = tinyExperiment(temporaryFolder("codilens-jobs-"), problems, { studies, dryRun: true });
  return prepare(options, { startEngine: ({ threads }) => startEngine("auto", { threads }) });
}

const planned = (setup: Setup): Job[] => [...jobsOf(setup, recordKeys(setup))].map(({ job }) => job);
const hooks = { notice: () => undefined };
const roundTrip = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

/** One job of each kind, with few conditions. */
function kinds(jobs: readonly Job[]): Map<string, Job> {
  const kindOf = (job: Job): string => {
    if (job.conditions.some(({ patch }) => patch !== undefined)) return "patching";
    if (job.latents !== 6) return "latents";
    return keepsBaseline(job) ? "common" : "own";
  };
  const found = new Map<string, Job>();
  for (const job of jobs) {
    const [first] = job.problems;
    // The baseline, the first conditions, and one that has nothing to act on in its question.
    const idle = job.conditions.findIndex(({ isIdle }) => isIdle === true);
    const columns = [...new Set([0, 1, 2, ...(idle < 0 ? [] : [idle])])].filter((at) => at < job.conditions.length);
    const kind = kindOf(job);
    if (first !== undefined && (!found.has(kind) || (kind === "own" && idle >= 0)))
      found.set(kind, narrowed(job, [first], columns));
  }
  return found;
}

describe("a job", () => {
  test("of each kind is JSON: read back, it has the same key and gives the same records", async () => {
    const jobs = kinds(planned(await setupOf(2)));
    expect([...jobs.keys()].sort()).toEqual(["common", "latents", "own", "patching"]);
    for (const [kind, job] of jobs) {
      const copy = roundTrip(job);
      expect(copy, kind).toEqual(job);
      const { key, ...rest } = copy;
      expect(hashOf(rest), kind).toBe(key);
      const records = await compute(model, job, hooks);
      // Each record that has a key, under that key, in order.
      expect(records.map((record) => record.key)).toEqual(
        job.problems.flatMap(({ keys }) => keys.flatMap((k) => k ?? [])),
      );
      expect(JSON.stringify(await compute(model, copy, hooks)), kind).toBe(JSON.stringify(records));
    }
  }, 240_000);

  test("is planned alike each time; every record comes of one job, and jobs are told apart by their keys", async () => {
    const setup = await setupOf(3);
    const [once, twice] = [planned(setup), planned(await setupOf(3))];
    expect(twice).toEqual(once);
    const keys = once.flatMap(({ problems }) =>
      problems.flatMap((problem) => problem.keys.flatMap((key) => key ?? [])),
    );
    expect([...keys].sort()).toEqual(recordKeys(setup).flat().sort());
    expect(new Set(once.map(({ key }) => key)).size).toBe(once.length);
    expect(once.length).toBeGreaterThan(4);
  });

  test("reads of its baseline only where that is kept, and holds no question of the file but those it needs", async () => {
    const jobs = planned(await setupOf(3));
    for (const job of jobs) {
      expect(job.reads.length > 0).toBe(keepsBaseline(job));
      const patches = job.conditions.some(({ patch }) => patch !== undefined);
      expect(job.problems.every(({ drafts }) => (drafts !== undefined) === patches)).toBe(true);
      expect(JSON.stringify(job).length).toBeLessThan(400_000);
    }
  });
});

describe("a job in another form", () => {
  test("narrowed to some problems and conditions it keeps their keys, and a stand-in is as long as what it stands for", async () => {
    const setup = await setupOf(8, ["token-ablation"]);
    const { promptOf } = layoutOf(setup);
    const lengthOf = (question: string): number => promptOf(question).length;
    const [job] = planned(setup);
    const longest = job?.problems.reduce((a, b) =>
      lengthOf(a.problem.question) < lengthOf(b.problem.question) ? b : a,
    );
    if (job === undefined || longest === undefined) throw new Error("no job");
    const some = narrowed(job, [longest], [0, 2]);
    expect(some.conditions).toEqual([job.conditions[0], job.conditions[2]]);
    expect(some.problems[0]?.keys).toEqual([longest.keys[0], longest.keys[2]]);
    expect(some.key).not.toBe(job.key);
    // The longest has none to be replaced by that is as long; the first has.
    for (const replaced of [[longest], job.problems.slice(0, 1), job.problems.slice(0, 3)]) {
      const standing = stoodIn(job, replaced, lengthOf);
      expect(standing.problems.map(({ problem }) => lengthOf(problem.question))).toEqual(
        job.problems.map(({ problem }) => lengthOf(problem.question)),
      );
      const changed = standing.problems.filter(
        ({ problem }, i) => problem.question !== job.problems[i]?.problem.question,
      );
      expect(changed.map(({ index }) => index)).toEqual(replaced.map(({ index }) => index));
    }
  });

  test("muted conditions change nothing: their answers and scores are the baseline's", async () => {
    const [job] = planned(await setupOf(2, ["token-ablation"]));
    if (job === undefined) throw new Error("no job");
    const at = job.conditions.findIndex(({ latent }) => latent === 0);
    const own = narrowed(job, job.problems, [0, at]);
    const scores = async (each: Job): Promise<(number | null)[]> =>
      (await compute(model, each, hooks)).map((record) =>
        record.status === "ok" ? record.measures.expectedLogProb : Number.NaN,
      );
    const [before, after] = [await scores(own), await scores(muted(own, [1]))];
    for (const i of [0, 2]) {
      expect(Math.abs((after[i + 1] ?? Number.NaN) - (after[i] ?? 0))).toBeLessThan(1e-5);
      expect(Math.abs((before[i + 1] ?? Number.NaN) - (before[i] ?? 0))).toBeGreaterThan(1e-3);
    }
  });
});

test("a worker in this process and one in a child give the same bytes", async () => {
  const program = new URL("../../dist/experiments/work/compute-child.js", import.meta.url);
  const run = { signal: new AbortController().signal, notice: () => undefined, progress: () => undefined };
  const inChild: typeof runHere = (options) =>
    runExperiment(options, { ...run, crew: crewOfOne(new ChildWorker(program, run)) });
  const bytes = async (how: typeof runHere): Promise<[ExperimentOutcome["status"], string]> => {
    const dir = temporaryFolder("codilens-worker-");
    const { status } = await how(tinyExperiment(dir, 2, { studies: ["budget"], controls: false }), run);
    return [status, readFileSync(join(dir, "records.jsonl"), "utf8")];
  };
  const here = await bytes(runHere);
  expect(here[0]).toBe("complete");
  expect(await bytes(inChild)).toEqual(here);
}, 240_000);
