/** What deaths of a worker lead to, without any process: a job is split until what kills is alone. */
// @needs engine

import { describe, expect, test } from "vitest";
import { type Job, type JobProblem, withKey } from "../../src/experiments/jobs/job.js";
import type { ExperimentOptions } from "../../src/experiments/plan/options.js";
import type { Setup } from "../../src/experiments/plan/setup.js";
import { HeldWorker } from "../../src/experiments/work/held-worker.js";
import { type Attempt, asPlanned, type Outcome, recover } from "../../src/experiments/work/recover.js";
import { type Worker, WorkerDied } from "../../src/experiments/work/worker.js";
import type { ExperimentRecord } from "../../src/records/record.js";
import { condition } from "../../src/studies/study.js";
import { settings } from "../support/job-settings.js";

const NAMES = ["baseline", "a", "b", "c"];
/** A word is a token. */
const lengthOf = (question: string): number => question.split(" ").length;

function jobOf(indices: readonly number[]): Job {
  const problems = indices.map((index): JobProblem => {
    const question = `question ${String(index).padStart(2, "0")} of${" x".repeat(index % 3)}`;
    const problem = { id: `p${index}`, question, expected: 1, difficulty: "1-step" as const };
    return { index, problem, keys: NAMES.map((name) => `${index} ${name}`) };
  });
  const conditions = NAMES.map((name) =>
    name === "baseline"
      ? condition("baseline", name, { interventions: [], factors: {} })
      : condition("mine", name, {
          interventions: [`zero:blocks.1.hook_resid_post@latent.${NAMES.indexOf(name)}`],
          factors: {},
        }),
  );
  return withKey({ problems, conditions, latents: 6, reads: [], settings: settings() });
}

/** What really runs in an attempt: a stand-in asks another question, and what is muted does nothing. */
function realItems({ job }: Attempt): string[] {
  return job.problems.flatMap(({ problem, index }) =>
    problem.question.startsWith(`question ${String(index).padStart(2, "0")}`)
      ? job.conditions.flatMap(({ name, interventions }) =>
          interventions.every(({ operation }) => operation.kind === "zero") ? `${index} ${name}` : [],
        )
      : [],
  );
}

/** A worker that some items kill, each time. @param mayBeWhole whether jobs of several problems survive without them. */
function deadly(items: readonly string[], mayBeWhole = true) {
  const tried: Attempt[] = [];
  const attempt = async (each: Attempt): Promise<Outcome> => {
    tried.push(each);
    const kills = realItems(each).some((item) => items.includes(item));
    if (kills || (!mayBeWhole && each.stage === "whole")) return { cause: "SIGKILL" };
    const keys = each.job.problems.flatMap((problem) => problem.keys.flatMap((key) => key ?? []));
    return { records: keys.map((key) => ({ key, status: "ok" }) as unknown as ExperimentRecord) };
  };
  return { attempt, tried };
}

const statusOf = (records: readonly ExperimentRecord[]): Record<string, string> =>
  Object.fromEntries(
    records.map((record) => [record.key, record.status === "failed" ? record.error.message : record.status]),
  );
const everything = (indices: readonly number[]): string[] =>
  indices.flatMap((index) => NAMES.map((name) => `${index} ${name}`));

describe("recover()", () => {
  test("a job that dies once is tried problem by problem, and then computed whole as it was", async () => {
    const job = jobOf([4, 9, 13]);
    const { attempt, tried } = deadly([]);
    const records = await recover(job, attempt, lengthOf);
    expect(tried.map(({ stage, what }) => `${stage}: ${what}`)).toEqual([
      'alone: problem "p4" alone',
      'alone: problem "p9" alone',
      'alone: problem "p13" alone',
      "whole: a batch of 3 problems",
    ]);
    expect(tried.at(-1)?.job).toEqual(asPlanned(job).job);
    expect(statusOf(records)).toEqual(Object.fromEntries(everything([4, 9, 13]).map((key) => [key, "ok"])));
  });

  test("an item that kills fails alone; its problem's others and all other problems are computed, in the job's shape", async () => {
    const job = jobOf([4, 9, 13]);
    const { attempt, tried } = deadly(["9 b"]);
    const records = await recover(job, attempt, lengthOf);
    const wanted = Object.fromEntries(everything([4, 9, 13]).map((key) => [key, "ok"]));
    expect(statusOf(records)).toEqual({
      ...wanted,
      "9 b": "the computing process ended by SIGKILL while it ran this item alone",
    });
    expect(records.length).toBe(12);
    const whole = tried.filter(({ stage }) => stage === "whole");
    expect(whole.map((each) => realItems(each))).toEqual([
      everything([4, 13]),
      everything([4, 9, 13]).filter((key) => !key.endsWith(" b")),
    ]);
    for (const { job: shaped } of whole) {
      expect(shaped.problems.map(({ problem }) => lengthOf(problem.question))).toEqual(
        job.problems.map(({ problem }) => lengthOf(problem.question)),
      );
      expect(shaped.conditions.map(({ name }) => name)).toEqual(NAMES);
    }
  });

  test("a baseline that kills fails its problem, whose other conditions are not tried", async () => {
    const { attempt, tried } = deadly(["4 baseline"]);
    const records = await recover(jobOf([4, 9]), attempt, lengthOf);
    const message = "the computing process ended by SIGKILL while it ran the baseline alone";
    expect(statusOf(records)).toMatchObject({ "4 a": message, "4 c": message, "9 baseline": "ok", "9 c": "ok" });
    expect(tried.filter(({ condition: at }) => at !== null).map(({ condition: at }) => at)).toEqual([0]);
  });

  test("where the rest kills together too, each is computed by itself and kept", async () => {
    const { attempt, tried } = deadly(["9 b"], false);
    const records = await recover(jobOf([4, 9]), attempt, lengthOf);
    expect(Object.values(statusOf(records)).filter((status) => status === "ok").length).toBe(7);
    expect(tried.filter(({ stage }) => stage === "pieces").map(({ what }) => what)).toEqual([
      'problem "p4" alone',
      ...["baseline", "a", "c"].map((name) => `problem "p9" under "${name}" alone`),
    ]);
  });

  test("what is not kept gets no record, and a baseline that is not kept is not tried alone", async () => {
    const { key: _, ...job } = jobOf([4]);
    const problems = job.problems.map((each) => ({ ...each, keys: [null, ...each.keys.slice(1)] }));
    const { attempt, tried } = deadly(["4 a"]);
    const records = await recover(withKey({ ...job, problems }), attempt, lengthOf);
    expect(Object.keys(statusOf(records)).sort()).toEqual(["4 a", "4 b", "4 c"]);
    expect(tried.filter(({ condition: at }) => at === 0)).toEqual([]);
  });
});

describe("three problems in a row", () => {
  /** Computes one attempt after the other on a worker that each of the named problems' baselines kills. */
  async function hopelessAfter(attempts: readonly { readonly index: number; readonly kills: boolean }[]) {
    let isDead = false;
    const worker = {
      start: async () => ({ name: "native", version: "", device: "cpu", route: "" }),
      load: async () => undefined,
      compute: async () => {
        if (isDead) throw new WorkerDied("SIGKILL");
        return [];
      },
    } as unknown as Worker;
    const held = new HeldWorker({ model: "", engine: "auto", force: false, profile: false } as ExperimentOptions, {
      signal: new AbortController().signal,
      worker,
    });
    const hashes = async () => ({});
    await held.join({
      options: {},
      fingerprint: {},
      studies: {},
      model: { checkpoint: { hashes } },
    } as unknown as Setup);
    for (const [place, { index, kills }] of attempts.entries()) {
      isDead = kills;
      const alone: Attempt = { stage: "alone", job: jobOf([index]), condition: 0, what: "" };
      const outcome = held.try(alone, { onForward: () => undefined, onDeath: () => undefined });
      const failure = await outcome.then(
        () => null,
        (error: Error) => error.message,
      );
      if (failure !== null) return { place, failure };
    }
    return null;
  }
  const [dead, sound] = [(index: number) => ({ index, kills: true }), (index: number) => ({ index, kills: false })];

  test("whose baselines kill are the machine's fault, whatever their places in the run", async () => {
    expect(await hopelessAfter([dead(1), dead(4), dead(11), dead(12)])).toEqual({
      place: 2,
      failure: expect.stringMatching(/ended by SIGKILL at three problems in a row/),
    });
  });

  test("not where something between them survived", async () => {
    expect(await hopelessAfter([dead(1), dead(4), sound(5), dead(11), dead(12)])).toBeNull();
  });
});
