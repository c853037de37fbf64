/** A run that is cut into shards, computed by the command and by a script, and merged: what an undivided run ends with. */
// @needs build, time

import { type SpawnSyncReturns, spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { linesOf } from "../support/lines-of.js";
import { RECORDS_ALONE, shardIn } from "../support/records-alone.js";
import { temporaryFolder } from "../support/temporary.js";

const home = temporaryFolder("codilens-shards-");
const PROBLEMS = 3;
const OUTSIDE = join(home, "count.mjs");
const STUDIES = ["budget", "lens", "token-ablation", OUTSIDE];
const RUN =
  `experiment --problems ${PROBLEMS} --study ${STUDIES} --layers 4 --no-controls --no-control-model --no-progress`.split(
    " ",
  );
/** A study that makes a file of all records, and writes down their order. */
const COUNT = `export const study = {
  name: "count",
  question: "Which problems are there at the end?",
  conditions: ({ latents }) => [{ name: "count: zero the last", interventions: [\`zero:latents.hook_input@latent.\${latents - 1}\`] }],
  afterRun: ({ baselines }) => ({ problems: baselines.map(({ problem }) => problem.id) }),
};
`;

type Environment = Readonly<Record<string, string>>;

function codilens(args: readonly string[], env: Environment = {}): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, ["scripts/codilens.mjs", ...args], {
    encoding: "utf8",
    env: { ...process.env, ...env },
  });
}
const shardOf = (out: string, ...more: string[]): string[] => [...RUN, "--out", out, ...more];
const read = (...path: string[]): string => readFileSync(join(...path), "utf8");

/** Starts a command and sends it a signal as soon as something is so. @returns its exit code, or the signal that ended it. */
async function signalled(
  args: readonly string[],
  signal: NodeJS.Signals,
  when: { readonly isTime: (stderr: string) => boolean; readonly env?: Environment },
): Promise<number | string | null> {
  const child = spawn(process.execPath, ["scripts/codilens.mjs", ...args], {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, ...when.env },
  });
  let stderr = "";
  child.stderr.on("data", (text) => {
    stderr += text;
  });
  const ended = new Promise<number | string | null>((done) => child.once("close", (code, by) => done(code ?? by)));
  while (!when.isTime(stderr) && child.exitCode === null) await new Promise((wait) => setTimeout(wait, 5));
  child.kill(signal);
  return ended;
}

/** Runs a script that has the package's `runExperiment` and `mergeShards`. @returns what it prints, read as JSON. */
function script(text: string): unknown {
  const entry = new URL("../../dist/index.js", import.meta.url).href;
  const path = join(home, "script.mjs");
  const program = `import { mergeShards, runExperiment } from ${JSON.stringify(entry)};`;
  writeFileSync(path, `${program}\nconsole.log(JSON.stringify(${text}));\n`);
  const { status, stdout, stderr } = spawnSync(process.execPath, [path], { encoding: "utf8" });
  expect([status, status === 0 ? "" : stderr]).toEqual([0, ""]);
  return JSON.parse(stdout);
}

const whole = join(home, "whole");
const cut = join(home, "parts");
const folderOf = (index: number): string => join(cut, `shard-${index}-of-3`);

beforeAll(() => {
  writeFileSync(OUTSIDE, COUNT);
  const { status, stderr } = codilens(shardOf(whole, "--latex"));
  expect([status, status === 0 ? "" : stderr]).toEqual([0, ""]);
}, 240_000);

describe("shards of a run", () => {
  test("by the command, by a Slurm array's task and by a script, one of them killed: merged they are the undivided run to the byte", async () => {
    // Killed when it has kept something, where it has more than one job, and resumed.
    const killed = [...shardOf(cut, "--shard", "2/3")];
    await signalled(killed, "SIGKILL", { isTime: () => linesOf(folderOf(2)).length > 0 });
    const last = codilens([...killed, "--json"]);
    expect(last.status).toBe(0);
    expect(JSON.parse(last.stdout)).toMatchObject({
      status: "complete",
      dir: folderOf(2),
      shard: { index: 2, count: 3 },
    });

    const array = { SLURM_ARRAY_TASK_COUNT: "3", SLURM_ARRAY_TASK_MIN: "0", SLURM_ARRAY_TASK_MAX: "2" };
    const task = codilens(shardOf(cut), { ...array, SLURM_ARRAY_TASK_ID: "0" });
    expect([task.status, task.stderr]).toEqual([
      0,
      expect.stringMatching(/^task 0 of a Slurm array of 3: shard 0\/3/m),
    ]);
    expect(task.stdout).toMatch(/^shard 0\/3: \d+ items computed[^\n]*\nwhen all 3 are there: codilens merge \S+\n$/);
    expect(readdirSync(folderOf(0)).sort()).toEqual(["log.jsonl", "manifest.json", "records.jsonl"]);

    const early = codilens(["merge", cut, "--json"]);
    expect([early.status, early.stdout]).toEqual([4, ""]);
    expect(early.stderr).toMatch(/is not whole: shard 1 of 3 is missing.*--no-progress --out \S+ --shard 1\/3/);

    const settings = { problems: PROBLEMS, studies: STUDIES, layers: [4], controls: false, out: cut };
    const shard = { index: 1, count: 3 };
    const byScript = script(`await runExperiment(${JSON.stringify({ ...settings, shard })})`);
    expect(byScript).toMatchObject({ status: "complete", dir: folderOf(1), shard, counts: { failed: 0 } });

    const merged = codilens(["merge", cut, "--latex"]);
    expect([merged.status, merged.stderr]).toEqual([0, expect.stringMatching(/lens: no tuned lens: 3 problems/)]);
    expect(merged.stdout).toMatch(/\n\d+ records, \d+ of them new from 3 shards, 0 failed\nreport: /);
    expect(read(cut, "records.jsonl")).toBe(read(whole, "records.jsonl"));
    // Two files name their command, and with it the folder.
    const sums = (dir: string): string[] =>
      read(dir, "SHA256SUMS")
        .split("\n")
        .filter((line) => !/(?:report\.html|methods\.tex)$/.test(line));
    expect(sums(cut)).toEqual(sums(whole));
    for (const name of ["tuned_lens.json", "kept_count.json"])
      expect([name, sums(cut).some((line) => line.endsWith(`  ${name}`))]).toEqual([name, true]);
    for (const name of ["report.html", "latex/methods.tex"]) {
      const wanted = read(whole, name)
        .replaceAll(whole, cut)
        .replace(/ (?:--|-\{\}-)latex/, "");
      expect([name, read(cut, name) === wanted]).toEqual([name, true]);
    }
    expect([0, 1, 2].flatMap((index) => linesOf(folderOf(index))).sort()).toEqual([...linesOf(whole)].sort());

    const again = script(`await mergeShards(${JSON.stringify(cut)})`);
    expect(again).toMatchObject({
      status: "complete",
      counts: { records: linesOf(whole).length, merged: 0, shards: 3 },
    });
    const resumed = codilens([...shardOf(cut), "--json"]);
    expect(JSON.parse(resumed.stdout)).toMatchObject({ status: "complete", counts: { computed: 0 } });
    expect(read(cut, "records.jsonl")).toBe(read(whole, "records.jsonl"));
  }, 480_000);

  test("what would not fit them is refused before it computes", () => {
    const other = (...more: string[]): string => {
      const { status, stderr } = codilens(shardOf(cut, ...more));
      expect(status).toBe(4);
      return stderr;
    };
    expect(other("--shard", "1/2")).toMatch(/holds shards of another cut \(shard-0-of-3\), and this is shard 1\/2/);
    expect(existsSync(join(cut, "shard-1-of-2"))).toBe(false);
    const unbegun = other("--shard", "0/3", "--seed", "7");
    expect(unbegun).toMatch(/belongs to another run|holds a shard of another run/);
    const lone = codilens(shardOf(cut, "--shards", "3"));
    expect([lone.status, lone.stderr]).toEqual([
      2,
      expect.stringMatching(/--shards 3 does not say which shard this is/),
    ]);
    const task = codilens(shardOf(cut), { SLURM_ARRAY_TASK_ID: "2", SLURM_ARRAY_TASK_COUNT: "1" });
    expect([task.status, task.stderr]).toEqual([2, expect.stringMatching(/does not say how many shards the run has/)]);
  }, 240_000);

  test("begun with other rows than one beside it, it is refused", () => {
    const out = join(home, "rows");
    const args = ["experiment", "--problems", "1", "--layers", "4", "--no-controls", "--no-progress", "--out", out];
    expect(codilens([...args, "--shard", "1/2"]).status).toBe(0);
    const other = codilens([...args, "--shard", "0/2", "--rows", "9"]);
    expect([other.status, other.stderr]).toEqual([
      4,
      expect.stringMatching(
        /shard-1-of-2 was begun with other settings than shard-0-of-2: rowsPerBatch: 256 there, 9 here/,
      ),
    ]);
  }, 240_000);
});

test("tasks of an array that start at the same moment all find their folders", async () => {
  const store = new URL("../../dist/records/store.js", import.meta.url).href;
  const base = join(home, "at-once");
  const program = `import { makeFolders } from ${JSON.stringify(store)};
    while (Date.now() < ${Date.now() + 1500});
    for (let k = 0; k < 300; k++) makeFolders(${JSON.stringify(base)} + "/" + k + "/results/run");`;
  const codes = Array.from({ length: 4 }, () => {
    const child = spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: "ignore" });
    return new Promise((done) => child.once("close", done));
  });
  expect(await Promise.all(codes)).toEqual([0, 0, 0, 0]);
}, 60_000);

describe("a shard that gets SIGTERM", () => {
  test("ends with 143, keeps the batch in hand, and resumed has the bytes of an undisturbed one", async () => {
    const out = join(home, "stopped");
    const dir = join(out, "shard-0-of-1");
    // Four batches; the first signal may find one in work already.
    const run = "experiment --problems 16 --rows 32 --layers 4 --no-controls --no-progress --workers 1".split(" ");
    const args = [...run, "--out", out, "--shard", "0/1"];
    const busy = {
      NODE_OPTIONS: `--import=${new URL("../support/slow-batch.mjs", import.meta.url).href}`,
      CODILENS_TEST_BUSY_MS: "3000",
    };
    const kept: number[] = [];
    const stopped = async (isTime: (stderr: string) => boolean, env: Environment = {}): Promise<void> => {
      expect(await signalled(args, "SIGTERM", { isTime, env })).toBe(143);
      kept.push(linesOf(dir).length);
    };
    // While it loads; while a job is in work; when one was kept a moment ago.
    await stopped(() => existsSync(join(dir, "manifest.json")));
    await stopped((stderr) => stderr.includes("busy\n"), busy);
    await stopped(() => linesOf(dir).length > (kept.at(-1) ?? 0));
    expect(kept[1]).toBeGreaterThan(kept[0] ?? 0);
    expect(kept[2]).toBeGreaterThan(kept[1] ?? 0);
    expect(existsSync(join(dir, "lock"))).toBe(false);
    expect(codilens(args).status).toBe(0);
    const undisturbed = join(home, "undisturbed");
    expect(codilens([...run, ...RECORDS_ALONE, "--out", undisturbed]).status).toBe(0);
    expect(read(dir, "records.jsonl")).toBe(read(shardIn(undisturbed), "records.jsonl"));
  }, 480_000);
});

describe("a shard with an item that fails", () => {
  test("ends with 6 as the undivided run does, also merged, with the same bytes; one without any job is complete", () => {
    const args = (out: string): string[] =>
      `experiment --problems 2 --layers 4 --no-controls --no-progress --workers 1 --out ${out}`.split(" ");
    const dies = {
      NODE_OPTIONS: `--import=${new URL("../support/die-at.mjs", import.meta.url).href}`,
      CODILENS_TEST_DIE_AT: "SIGSEGV:1:2",
    };
    const [undivided, parts] = [join(home, "failing"), join(home, "failing-parts")];
    expect(codilens([...args(undivided), ...RECORDS_ALONE], dies).status).toBe(6);
    const codes = [0, 1].map((index) => codilens([...args(parts), "--shard", `${index}/2`], dies).status);
    expect([...codes].sort()).toEqual([0, 6]);
    const empty = join(parts, `shard-${codes.indexOf(0)}-of-2`);
    expect([linesOf(empty), JSON.parse(read(empty, "manifest.json"))]).toEqual([
      [],
      expect.objectContaining({ status: "complete" }),
    ]);
    const merged = codilens(["merge", parts, "--json"]);
    expect(merged.status).toBe(6);
    expect(JSON.parse(merged.stdout)).toMatchObject({ status: "partial", counts: { failed: 1, records: 14 } });
    expect(merged.stderr).toMatch(/items that failed: 1 in shard-\d-of-2/);
    expect(read(parts, "records.jsonl")).toBe(read(shardIn(undivided), "records.jsonl"));
  }, 480_000);
});
