/** The process that computes dies: what the command makes of it. */
// @needs build, time

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { linesOf } from "../support/lines-of.js";
import { RECORDS_ALONE, shardIn } from "../support/records-alone.js";
import { temporaryFolder } from "../support/temporary.js";

const HOOK = `--import=${new URL("../support/die-at.mjs", import.meta.url).href}`;
const BUSY = {
  NODE_OPTIONS: `--import=${new URL("../support/slow-batch.mjs", import.meta.url).href}`,
  CODILENS_TEST_BUSY_MS: "8000",
};
// One batch of 4 problems; the larger run has two, of 20 each.
const SMALL = 4;
const LARGE = 40;
const command = (out: string, problems: number): string[] => [
  ...["scripts/codilens.mjs", "experiment", "--no-controls", "--workers", "1", "--problems", `${problems}`],
  ...["--layers", "8", "--no-progress", ...RECORDS_ALONE, "--out", out],
];
const home = temporaryFolder("codilens-supervision-");
const calm = (problems: number): string => join(home, `calm-${problems}`);

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(problems: number, out: string, env: Record<string, string> = {}, ...more: string[]): Ended {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...command(out, problems), ...more], {
    encoding: "utf8",
    env: { ...process.env, ...(Object.keys(env).length > 0 ? { NODE_OPTIONS: HOOK } : {}), ...env },
  });
  return { code: status, stdout, stderr };
}

const recordsOf = (out: string): string[] => linesOf(shardIn(out));
const isLocked = (out: string): boolean => existsSync(join(shardIn(out), "lock"));
// Without the item that kills, a batch has other rows: the engine rounds their products otherwise. Ten times what two compositions of a
// batch were seen to differ by (see batches.test.ts).
const NOISE = 5e-4;

/** Lines that differ by more than that from the undisturbed run's; texts, answers and everything that is no measured number must be equal. */
function changedLines(out: string, wanted: string): { readonly at: number; readonly line: string }[] {
  const calmLines = recordsOf(wanted);
  return recordsOf(out).flatMap((line, at) =>
    isSame(parsed(line), parsed(calmLines[at] ?? "{}")) ? [] : [{ at, line }],
  );
}

function parsed(line: string): unknown {
  const { checksum: _, ...record } = JSON.parse(line) as Record<string, unknown>;
  return record;
}

function isSame(a: unknown, b: unknown): boolean {
  if (typeof a === "number" && typeof b === "number") return Math.abs(a - b) <= NOISE * Math.max(1, Math.abs(b));
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b;
  const [x, y] = [a as Record<string, unknown>, b as Record<string, unknown>];
  return Object.keys(x).join() === Object.keys(y).join() && Object.keys(x).every((key) => isSame(x[key], y[key]));
}

const isFailed = (line: string): boolean => line.includes('"status":"failed"');
const manifestOf = (out: string): { status: string; stamp: { peakMemoryBytes: number } } =>
  JSON.parse(readFileSync(join(shardIn(out), "manifest.json"), "utf8"));

beforeAll(() => {
  for (const problems of [SMALL, LARGE]) expect(run(problems, calm(problems))).toMatchObject({ code: 0 });
});

describe("an item that kills the process which computes it", () => {
  test.each(["SIGABRT"])("once, by %s: everything is computed, to the byte", (signal) => {
    const out = join(home, `once-${signal}`);
    const { code, stderr } = run(SMALL, out, {
      CODILENS_TEST_DIE_AT: `${signal}:2:3`,
      CODILENS_TEST_DIE_ONCE: join(home, `mark-${signal}`),
    });
    expect([code, stderr]).toEqual([0, expect.stringContaining(`ended by ${signal} while it computed a batch`)]);
    expect(recordsOf(out)).toEqual(recordsOf(calm(SMALL)));
  });

  test.each(["SIGSEGV"])(
    "always, by %s: it alone is failed, all others equal an undisturbed run to float32 noise",
    (signal) => {
      const out = join(home, `always-${signal}`);
      const { code, stdout } = run(SMALL, out, { CODILENS_TEST_DIE_AT: `${signal}:2:3` }, "--json");
      expect(code).toBe(6);
      expect(JSON.parse(stdout)).toMatchObject({
        status: "partial",
        counts: { records: 28, computed: 28, resumed: 0, failed: 1 },
      });
      const lines = recordsOf(out);
      expect(changedLines(out, calm(SMALL)).map(({ at }) => at)).toEqual([2 * 7 + 3]);
      expect(JSON.parse(lines[2 * 7 + 3] ?? "")).toMatchObject({
        status: "failed",
        problem: { index: 2 },
        condition: { latent: 2 },
        error: { name: "ProcessDied", message: expect.stringContaining(`ended by ${signal} while`) },
      });
      expect(manifestOf(out)).toMatchObject({ status: "partial" });
      expect(readFileSync(join(shardIn(out), "log.jsonl"), "utf8")).toMatch(
        new RegExp(`"cause":"${signal}".*the computing process died`),
      );
      expect(isLocked(out)).toBe(false);
    },
  );

  test("a run with a failed item is done: the same command again computes nothing", () => {
    const again = run(SMALL, join(home, "always-SIGSEGV"), {}, "--json");
    expect([again.code, JSON.parse(again.stdout)]).toEqual([
      6,
      expect.objectContaining({ counts: expect.objectContaining({ computed: 0, resumed: 28, failed: 1 }) }),
    ]);
  });

  test("without any intervention: all its items are failed, the others' are not, though it is the longest of its batch", () => {
    const problem = longestOf(calm(SMALL));
    const out = join(home, `problem-${problem}`);
    expect(run(SMALL, out, { CODILENS_TEST_DIE_AT: `SIGKILL:${problem}` })).toMatchObject({ code: 6 });
    const changed = changedLines(out, calm(SMALL));
    expect(changed.map(({ at }) => at)).toEqual([0, 1, 2, 3, 4, 5, 6].map((at) => 7 * problem + at));
    expect(changed.every(({ line }) => isFailed(line))).toBe(true);
    expect(changed[3]?.line).toContain("ended by SIGKILL while it ran the baseline alone");
  });

  test("killed while it is being tried, the run goes on from its records and ends with the same bytes", async () => {
    const out = join(home, "killed");
    const hook = { NODE_OPTIONS: HOOK, CODILENS_TEST_DIE_AT: "SIGKILL:21:3" };
    const child = spawn(process.execPath, command(out, LARGE), { env: { ...process.env, ...hook } });
    await said(child, /a batch of 20 problems/);
    await killed(child);
    expect(recordsOf(out)).toEqual(recordsOf(calm(LARGE)).slice(0, 140));
    expect(run(LARGE, out)).toMatchObject({ code: 0 });
    expect(recordsOf(out)).toEqual(recordsOf(calm(LARGE)));
  });
});

test("three problems in a row that kill it are the machine's fault: exit 5, records kept, no item marked", () => {
  const out = join(home, "hopeless");
  // Problems 20 to 39 are the second batch, and each of them alone dies.
  const { code, stderr } = run(LARGE, out, { CODILENS_TEST_DIE_AT: "SIGKILL:20-39" });
  expect([code, stderr]).toEqual([5, expect.stringMatching(/ended by SIGKILL at three problems in a row/)]);
  expect(recordsOf(out)).toEqual(recordsOf(calm(LARGE)).slice(0, 140));
  expect(run(LARGE, out)).toMatchObject({ code: 0 });
  expect(recordsOf(out)).toEqual(recordsOf(calm(LARGE)));
});

describe("signals of the user", () => {
  test.each([
    ["SIGINT", 130],
    ["SIGHUP", 143],
  ] as const)("%s to the whole group, as a terminal sends it: the batch is finished, exit %i", async (signal, code) => {
    const out = join(home, `group-${signal}`);
    const child = spawn(process.execPath, command(out, LARGE), { detached: true });
    await untilThere(join(shardIn(out), "manifest.json"));
    process.kill(-(child.pid ?? 0), signal);
    expect(await ended(child)).toBe(code);
    expect([isLocked(out), recordsOf(out).length % 140]).toEqual([false, 0]);
    expect(manifestOf(out).status).toBe("started");
  });

  test("one that comes twice at once, as npm and timeout send it, is one; the second press ends both processes at once", async () => {
    const out = join(home, "twice");
    const child = spawn(process.execPath, command(out, LARGE), { env: { ...process.env, ...BUSY } });
    await said(child, /busy/);
    const computing = childrenOf(child.pid);
    expect(computing).toHaveLength(1);
    const stopping = said(child, /stopping after the batch in work, in at most 60 s/);
    const begun = performance.now();
    child.kill("SIGINT");
    child.kill("SIGINT");
    await stopping;
    expect(performance.now() - begun).toBeLessThan(2000);
    expect(computing.filter(isThere)).toEqual(computing);
    const stopped = said(child, /stopped at once; 0 records are kept/);
    const gone = ended(child);
    child.kill("SIGINT");
    await stopped;
    expect(await gone).toBe(130);
    await expect.poll(() => computing.filter(isThere)).toEqual([]);
    expect([isLocked(out), recordsOf(out)]).toEqual([false, []]);
  });

  test("while nothing is in work the first one ends both at once, whatever the other one does", async () => {
    const out = join(home, "early");
    const child = spawn(process.execPath, command(out, LARGE), {
      env: { ...process.env, ...BUSY, CODILENS_TEST_BUSY_AT: "load" },
    });
    await said(child, /busy/);
    const gone = ended(child);
    const begun = performance.now();
    child.kill("SIGTERM");
    await said(child, /stopped; 0 records are kept/);
    expect(performance.now() - begun).toBeLessThan(2000);
    expect(await gone).toBe(143);
  });

  test("SIGKILL of the command leaves no process behind", async () => {
    const out = join(home, "orphan");
    const child = spawn(process.execPath, command(out, LARGE));
    await untilThere(join(shardIn(out), "manifest.json"));
    const computing = childrenOf(child.pid);
    expect(computing).toHaveLength(1);
    await killed(child);
    await expect.poll(() => computing.filter(isThere), { timeout: 5000 }).toEqual([]);
    rmSync(out, { recursive: true });
  });
});

test("the peak memory in the manifest is that of the process which computed", () => {
  // The engine's library alone is larger than the command without it.
  expect(manifestOf(calm(SMALL)).stamp.peakMemoryBytes).toBeGreaterThan(250e6);
});

function longestOf(dir: string): number {
  const lengths = recordsOf(dir).map(
    (line) => (JSON.parse(line) as { problem: { question: string } }).problem.question.length,
  );
  return Math.floor(lengths.indexOf(Math.max(...lengths)) / 7);
}

function childrenOf(pid: number | undefined): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);
}

function isThere(pid: number): boolean {
  return (
    readdirSync("/proc").includes(String(pid)) && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"))
  );
}

async function untilThere(path: string): Promise<void> {
  while (!existsSync(path)) await new Promise((wait) => setTimeout(wait, 20));
}

function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((done) => child.once("close", done));
}

async function killed(child: ChildProcess): Promise<void> {
  const gone = ended(child);
  child.kill("SIGKILL");
  await gone;
}

function said(child: ChildProcess, pattern: RegExp): Promise<void> {
  return new Promise((done) => {
    let text = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      if (pattern.test(text)) done();
    });
  });
}
