/** The script that `codilens slurm` prints, in a real Slurm: tasks that are killed, stopped and out of time, and the merge behind them. */
// @needs build, slurm, time

import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startSlurm, type TestSlurm } from "../../../scripts/setup/test-slurm.mjs";
import { temporaryFolder } from "../../support/temporary.js";
import { isWithout } from "../../support/without.js";

const program = resolve("scripts/codilens.mjs");
const RUN = ["--problems", "4", "--study", "budget,token-ablation", "--layers", "4", "--no-controls"];
const MOST_MS = 240_000;

describe.skipIf(isWithout("slurm"))("codilens slurm | sbatch", () => {
  // A folder whose name a shell, and Slurm, must be careful with.
  const home = join(temporaryFolder("codilens-array-"), "it's $HOME");
  let slurm: TestSlurm;
  let cluster: string;

  beforeAll(async () => {
    spawnSync("mkdir", [home]);
    cluster = temporaryFolder("codilens-slurm-");
    slurm = await startSlurm(cluster);
  });
  afterAll(() => slurm.stop());

  const codilens = (...args: string[]): SpawnSyncReturns<string> =>
    spawnSync(process.execPath, [program, ...args], { cwd: home, encoding: "utf8" });
  const ask = (command: string, ...args: string[]): string => {
    const done = spawnSync(command, args, { env: slurm.env as NodeJS.ProcessEnv, encoding: "utf8" });
    if (done.status !== 0) throw new Error(`${command} ${args.join(" ")}: ${done.stderr}`);
    return done.stdout;
  };

  /** Submits the script as it is. @returns the array's number. */
  function submitted(script: string, args: readonly string[], more: Record<string, string> = {}): string {
    const env = { ...slurm.env, ...more } as NodeJS.ProcessEnv;
    const done = spawnSync("sbatch", ["--parsable", ...args], { cwd: "/", env, input: script, encoding: "utf8" });
    expect([done.status, done.stderr]).toEqual([0, ""]);
    return done.stdout.trim();
  }

  async function until(what: string, isSo: () => boolean): Promise<void> {
    for (const end = Date.now() + MOST_MS; !isSo(); ) {
      if (Date.now() > end) throw new Error(`waited for ${what} in vain; ${logs()}\n${slurm.log()}`);
      await new Promise((wait) => setTimeout(wait, 100));
    }
  }

  const log = (array: string, task: number): string => {
    const path = join(home, `study-${array}_${task}.log`);
    return existsSync(path) ? readFileSync(path, "utf8") : "";
  };
  const logs = (): string =>
    readdirSync(home)
      .filter((name) => name.endsWith(".log"))
      .map((name) => `${name}:\n${readFileSync(join(home, name), "utf8")}`)
      .join("\n");
  const stateOf = (job: string): string => ask("scontrol", "--oneliner", "show", "job", job);
  const isEmpty = (): boolean => ask("squeue", "--noheader").trim() === "";
  const bytesOf = (folder: string, name: string): string => readFileSync(join(home, folder, name), "utf8");

  test("an array of four, whose tasks are killed, stopped and out of time, ends with the plain run's bytes", async () => {
    const plain = codilens(
      "experiment",
      ...RUN,
      "--no-control-model",
      "--threads",
      "1",
      "--out",
      "plain",
      "--no-progress",
    );
    expect([plain.status, plain.status === 0 ? "" : plain.stderr]).toEqual([0, ""]);
    const {
      status,
      stdout: script,
      stderr,
    } = codilens("slurm", ...RUN, "--shards", "4", "--out", "a", "--name", "study");
    expect([status, status === 0 ? "" : stderr]).toEqual([0, ""]);

    // Every task is in its first job until all have been hit, whichever began first.
    const slow = pathToFileURL(resolve("test/support/slow-batch.mjs")).href;
    const hit = join(cluster, "hit");
    const array = submitted(script, [], {
      NODE_OPTIONS: `--import ${slow}`,
      CODILENS_TEST_BUSY_MS: String(MOST_MS),
      CODILENS_TEST_BUSY_UNTIL: hit,
    });
    const [late, killed, stopped] = [1, 2, 3] as const;
    await until("tasks at work", () => [late, killed, stopped].every((task) => log(array, task).includes("busy")));
    ask("scancel", "--signal=KILL", "--full", `${array}_${killed}`);
    ask("scancel", "--signal=TERM", "--batch", `${array}_${stopped}`);
    ask("scancel", "--signal=USR1", "--batch", `${array}_${late}`);
    writeFileSync(hit, "");

    await until("a task that was stopped", () => stateOf(`${array}_${stopped}`).includes("JobState=FAILED"));
    expect(stateOf(`${array}_${stopped}`)).toContain("ExitCode=143:0");
    expect(log(array, stopped)).toMatch(/stopping after the batch in work[\s\S]*[1-9]\d* records are kept/);
    await until("a task that was killed", () => /JobState=(?:FAILED|CANCELLED)/.test(stateOf(`${array}_${killed}`)));
    // Out of time: queued again by its own script. Slurm waits two minutes before it starts such a task.
    await until("a task in the queue again", () => /JobState=PENDING.* Restarts=1/.test(stateOf(`${array}_${late}`)));
    ask("scontrol", "update", `JobId=${array}_${late}`, "StartTime=now");
    await until("its second start", () => /[1-9]\d* records are kept[\s\S]*shard 1\/4/.test(log(array, late)));
    await until("an empty queue", isEmpty);
    expect(stateOf(`${array}_${late}`)).toContain("JobState=COMPLETED");
    // A merge was asked for, and did not start.
    expect(log(array, 0)).toContain("Submitted batch job");
    expect(existsSync(join(home, "a", "records.jsonl"))).toBe(false);

    submitted(script, [`--array=${killed},${stopped}`]);
    await until("an empty queue", isEmpty);
    expect([logs(), existsSync(join(home, "a", "records.jsonl"))]).toEqual([expect.any(String), true]);
    expect(bytesOf("a", "records.jsonl")).toBe(bytesOf("plain", "records.jsonl"));
    expect(bytesOf("a", "summary.json")).toBe(bytesOf("plain", "summary.json"));
    rmSync(home, { recursive: true });
  }, 900_000);
});
