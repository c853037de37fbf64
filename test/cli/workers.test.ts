/** One run on several workers: the bytes of one, whoever is killed when. */
// @needs build, time

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { linesOf } from "../support/lines-of.js";
import { RECORDS_ALONE, shardIn } from "../support/records-alone.js";
import { outputsOf } from "../support/run-outputs.js";
import { temporaryFolder } from "../support/temporary.js";

const preload = (name: string): string => `--import=${new URL(`../support/${name}.mjs`, import.meta.url).href}`;
const home = temporaryFolder("codilens-workers-");
// Seven jobs: the baseline and its ablations, two further numbers of latents, and what is drawn from each question.
const PROBLEMS = 4;
const RECORDS = PROBLEMS * (7 + 6 + 2 + 6);

interface Run {
  readonly child: ChildProcess;
  readonly ended: Promise<{ readonly code: number | null; readonly stderr: string }>;
}

function start(out: string, workers: number | "auto", env: Record<string, string> = {}, ...more: string[]): Run {
  const args = [
    ...["scripts/codilens.mjs", "experiment", "--problems", `${PROBLEMS}`, "--study", "budget,token-ablation"],
    ...[
      "--layers",
      "4",
      "--no-controls",
      "--no-control-model",
      "--no-progress",
      "--workers",
      `${workers}`,
      "--out",
      out,
      ...more,
    ],
  ];
  const child = spawn(process.execPath, args, { env: { ...process.env, ...env }, detached: true });
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  return { child, ended: new Promise((done) => child.once("close", (code) => done({ code, stderr }))) };
}

const run = async (...args: Parameters<typeof start>): ReturnType<typeof start>["ended"] => start(...args).ended;
/** The run without what is made of its records, which are in `shardIn(out)`. */
const startAlone = (
  out: string,
  workers: number,
  env: Record<string, string> = {},
  ...more: string[]
): ReturnType<typeof start> => start(out, workers, env, ...RECORDS_ALONE, ...more);
const runAlone = async (...args: Parameters<typeof startAlone>): ReturnType<typeof start>["ended"] =>
  startAlone(...args).ended;
const path = (out: string, name: string): string => join(out, name);
const bytesOf = (out: string, name = "records.jsonl"): string =>
  existsSync(path(out, name)) ? readFileSync(path(out, name), "utf8") : "";
const manifestOf = (out: string): { settings: object; stamp: { workers: number; peakMemoryBytes: number } } =>
  JSON.parse(bytesOf(out, "manifest.json"));

function workersOf(pid: number | undefined): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);
}

function isThere(pid: number): boolean {
  return existsSync(`/proc/${pid}`) && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((wait) => setTimeout(wait, 5));
}

/** Of a run without analysis: what its command is given, and where its records are. */
function folders(name: string): [base: string, out: string] {
  const base = join(home, name);
  return [base, shardIn(base)];
}

test("what studies make of all records is shared out too, with the bytes of one worker", async () => {
  const made = ["--study", "lens,subspace", "--problems", "20"];
  const [one, two] = [join(home, "made-by-one"), join(home, "made-by-two")];
  for (const [out, workers] of [
    [one, 1],
    [two, 2],
  ] as const)
    expect((await run(out, workers, {}, ...made)).code, `${workers} workers`).toBe(0);
  const makers = linesOf(two, "log.jsonl")
    .map((line) => JSON.parse(line) as { msg: string; worker: number; files: string[] })
    .flatMap(({ msg, worker, files }) => (msg === "made" ? files.map((file) => `${worker} ${file}`) : []));
  expect(makers.sort()).toEqual(["1 subspace.json", "1 subspace.json.1", "1 tuned_lens.json", "2 subspace.json.0"]);
  for (const file of ["subspace.json", "tuned_lens.json"]) expect(bytesOf(two, file)).toBe(bytesOf(one, file));
  expect(bytesOf(two, "subspace.json")).toContain('"kind":"value"');
  expect(readdirSync(two).filter((file) => /\.\d$/.test(file))).toEqual([]);
}, 180_000);

const calm = join(home, "calm");
beforeAll(async () => {
  expect(await run(calm, 1)).toMatchObject({ code: 0 });
  expect(linesOf(calm).length).toBe(RECORDS);
  expect(manifestOf(calm).stamp.workers).toBe(1);
}, 240_000);

// The fewest, and one for each job.
test.each([3])(
  "records and every output are those of one worker: %i",
  async (workers) => {
    const out = join(home, `on-${workers}`);
    expect(await run(out, workers)).toMatchObject({ code: 0 });
    expect(bytesOf(out)).toBe(bytesOf(calm));
    expect(Object.keys(outputsOf(out)).length).toBeGreaterThan(10);
    expect(outputsOf(out)).toEqual(outputsOf(calm));
    expect(manifestOf(out).settings).toEqual({ ...manifestOf(calm).settings, threads: 1 });
    const { stamp } = manifestOf(out);
    // All of them had the engine, and those that came too late for a job are not counted.
    expect([stamp.workers > 1, stamp.workers <= workers, stamp.peakMemoryBytes > stamp.workers * 250e6]).toEqual([
      ...[true, true, true],
    ]);
    const parts = linesOf(out, "log.jsonl").map((line) => JSON.parse(line) as { msg: string; worker?: number });
    expect(new Set(parts.flatMap(({ msg, worker }) => (msg === "part" ? [worker] : []))).size).toBeGreaterThan(1);
  },
  240_000,
);

describe("killed", () => {
  test("workers, one after the other: each costs its job's time, and no byte", async () => {
    const [base, out] = folders("lost-workers");
    const { child, ended } = startAlone(base, 3);
    for (let kill = 1; kill <= 2; kill++) {
      // In the middle of whatever it does then: after the first job, after the second one.
      await until(() => linesOf(out).length > 0 && workersOf(child.pid).length >= 2);
      const victim = workersOf(child.pid).at(kill % 2 === 0 ? 0 : -1);
      if (victim !== undefined) process.kill(victim, "SIGKILL");
      const before = linesOf(out).length;
      await until(() => linesOf(out).length > before || child.exitCode !== null);
    }
    expect((await ended).code).toBe(0);
    expect(bytesOf(out)).toBe(bytesOf(calm));
    expect(bytesOf(out, "log.jsonl")).toContain('"cause":"SIGKILL"');
  }, 240_000);

  test("the command, at several moments, and resumed with other numbers of workers", async () => {
    const [base, out] = folders("lost-command");
    for (const [kill, workers] of [3, 2].entries()) {
      const before = linesOf(out).length;
      const { child, ended } = startAlone(base, workers);
      await until(() => linesOf(out).length > before);
      const computing = workersOf(child.pid);
      child.kill("SIGKILL");
      await ended;
      await until(() => computing.filter(isThere).length === 0);
      // What is there is whole records of the run, in any order.
      expect(kill === 1 || linesOf(out).length < RECORDS).toBe(true);
      expect(linesOf(out).filter((line) => !linesOf(calm).includes(line))).toEqual([]);
    }
    expect(await runAlone(base, 2)).toMatchObject({ code: 0 });
    expect(bytesOf(out)).toBe(bytesOf(calm));
  }, 240_000);
});

test("a poisonous item is found in its lane, while the others go on", async () => {
  const [base, out] = folders("poison");
  const { code, stderr } = await runAlone(base, 2, {
    NODE_OPTIONS: preload("die-at"),
    // Problem 2 with its third latent taken: in the job that has the baselines.
    CODILENS_TEST_DIE_AT: "SIGKILL:2:3",
  });
  expect([code, stderr]).toEqual([6, expect.stringContaining("ended by SIGKILL while it computed a batch")]);
  const failed = linesOf(out).flatMap((line, at) => (line.includes('"status":"failed"') ? [at] : []));
  const wanted = linesOf(calm).findIndex((line) => {
    const { problem, condition } = JSON.parse(line) as { problem: { index: number }; condition: { name: string } };
    return problem.index === 2 && condition.name === "zero latent.2 at layer 8";
  });
  expect([linesOf(out).length, failed]).toEqual([RECORDS, [wanted]]);
  const log = linesOf(out, "log.jsonl").map((line) => JSON.parse(line) as { msg: string; worker?: number });
  const death = log.findIndex(({ msg }) => msg.includes("died"));
  const own = log[death]?.worker;
  const back = log.findIndex(({ msg, worker }, at) => at > death && msg === "part" && worker === own);
  expect(log.slice(death, back).filter(({ msg, worker }) => msg === "part" && worker !== own).length).toBeGreaterThan(
    0,
  );
}, 240_000);

describe("signals", () => {
  const BUSY = { NODE_OPTIONS: preload("slow-batch"), CODILENS_TEST_BUSY_MS: "60000" };

  test("every worker finishes its batch, it is said once, exit 130, and the run goes on", async () => {
    const [base, out] = folders("stopped");
    const goOn = join(home, "stopped-heard");
    const { child, ended } = startAlone(base, 2, { ...BUSY, CODILENS_TEST_BUSY_UNTIL: goOn });
    let text = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
    await until(() => (text.match(/busy/g) ?? []).length === 2);
    process.kill(-(child.pid ?? 0), "SIGINT");
    await until(() => text.includes("stopping after the batch"));
    writeFileSync(goOn, "");
    const { code, stderr } = await ended;
    expect([code, stderr.match(/stopping after the batch/g)?.length]).toEqual([130, 1]);
    // Both jobs that were in work, and no third one.
    const parts = linesOf(out, "log.jsonl").filter((line) => line.includes('"msg":"part"'));
    expect([parts.length, existsSync(path(out, "lock"))]).toEqual([2, false]);
    expect(linesOf(out).length).toBeGreaterThan(0);
    expect(linesOf(out).filter((line) => !linesOf(calm).includes(line))).toEqual([]);
    expect(await runAlone(base, 2)).toMatchObject({ code: 0 });
    expect(bytesOf(out)).toBe(bytesOf(calm));
  }, 240_000);

  test("a second one ends all of them at once", async () => {
    const [base, out] = folders("at-once");
    const { child, ended } = startAlone(base, 2, BUSY);
    let text = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
    await until(() => (text.match(/busy/g) ?? []).length === 2);
    const computing = workersOf(child.pid);
    expect(computing.length).toBe(2);
    child.kill("SIGINT");
    await until(() => text.includes("stopping after the batch"));
    child.kill("SIGINT");
    expect((await ended).code).toBe(130);
    await until(() => computing.filter(isThere).length === 0);
    expect(existsSync(path(out, "lock"))).toBe(false);
  }, 240_000);
});

test("a folder keeps the threads that it was begun with, and says so", async () => {
  const [base, out] = folders("threads");
  const few = ["--problems", "2", "--study", "token-ablation"];
  const { code } = await runAlone(base, 1, {}, "--threads", "2", ...few);
  expect([code, manifestOf(out).settings]).toEqual([0, expect.objectContaining({ threads: 2 })]);
  const whole = bytesOf(out);
  writeFileSync(path(out, "records.jsonl"), `${linesOf(out).slice(0, 3).join("\n")}\n`);
  const resumed = await runAlone(base, 2, {}, ...few);
  expect([resumed.code, resumed.stderr]).toEqual([
    0,
    expect.stringContaining("the run in this folder was begun with 2 threads a worker and keeps that; 1 is not taken"),
  ]);
  expect(bytesOf(out)).toBe(whole);
  expect(manifestOf(out).settings).toMatchObject({ threads: 2 });
}, 240_000);

test("workers that find no memory are refused before anything is loaded; a dry run says so, and auto takes fewer", async () => {
  const env = { CODILENS_MEMORY_LIMIT_MB: "1500" };
  const refused = await run(join(home, "refused"), 7, env);
  expect([refused.code, refused.stderr]).toEqual([
    5,
    expect.stringMatching(/error: Not enough memory for 7 workers: they need about \d+\.\d MiB together/),
  ]);
  expect(existsSync(join(home, "refused"))).toBe(false);
  const planned = async (workers: number | "auto"): Promise<string> => {
    const { child, ended } = start(join(home, "planned"), workers, env, "--dry-run");
    let text = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
    await ended;
    return text;
  };
  expect(await planned(7)).toMatch(
    /7 workers with one thread each: at most about \d+\.\d MiB each, \d+\.\d MiB together; 1500\.0 MiB are available \(CODILENS_MEMORY_LIMIT_MB\): too little/,
  );
  expect(await planned("auto")).toMatch(/one worker with one thread: at most about \d+\.\d MiB; 1500/);
}, 240_000);
