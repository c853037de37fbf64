/** The five lines each with which docs/scale.md starts a run on Slurm, on Kubernetes and on two machines: run as they stand there. */
// @needs build, redis, slurm, time

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { startSlurm, type TestSlurm } from "../../scripts/setup/test-slurm.mjs";
import { freePort } from "../support/redis.js";
import { outputsOf } from "../support/run-outputs.js";
import { temporaryFolder } from "../support/temporary.js";
import { isWithout } from "../support/without.js";

const MOST_MS = 200_000;
const MODEL = resolve("weights/tiny-codi");
const PROBLEMS = "2";
/** As many jobs as there are shards, and more. */
const STUDIES = "budget,token-ablation";

/** What stands in the lines for a reader's own: the only words that are changed. */
const PLACEHOLDERS: readonly (readonly [RegExp, () => string])[] = [
  [/\bMODEL\b/g, () => MODEL],
  [/\bSTUDIES\b/g, () => STUDIES],
  [/(?<=--problems )N\b/g, () => PROBLEMS],
  [/\bIMAGE\b/g, () => "registry.example/codilens:1"],
  [/\bCLAIM\b/g, () => "results"],
  [/\bhead\b/g, () => "localhost"],
  [/\b6380\b/g, () => `${port}`],
  [/\ba-long-secret\b/g, () => "correct-horse"],
];

const page = readFileSync("docs/scale.md", "utf8");
const home = temporaryFolder("codilens-lines-");
const bin = join(home, "bin");
let port = 0;

/** The first block of commands below a heading, without its comments. */
function linesBelow(heading: string): string[] {
  const [, block = ""] = new RegExp(`^## ${heading}\\n[\\s\\S]*?^\`\`\`sh\\n([\\s\\S]*?)^\`\`\``, "m").exec(page) ?? [];
  const lines = block.trimEnd().split("\n");
  expect(lines).toHaveLength(5);
  return lines.map((line) =>
    PLACEHOLDERS.reduce((text, [word, value]) => text.replace(word, value), line.replace(/\s+# .*$/, "")),
  );
}

function folder(name: string): string {
  const path = join(home, name);
  mkdirSync(path);
  return path;
}

/** As a user's shell that has `codilens` on its PATH. */
const shellEnv = (more: Readonly<Record<string, string | undefined>> = {}): NodeJS.ProcessEnv => ({
  ...process.env,
  ...more,
  PATH: [bin, more["PATH"] ?? process.env["PATH"]].join(delimiter),
});

async function until(what: string, isSo: () => boolean): Promise<void> {
  for (const end = Date.now() + MOST_MS; !isSo(); ) {
    if (Date.now() > end) throw new Error(`waited for ${what} in vain`);
    await new Promise((wait) => setTimeout(wait, 100));
  }
}

let undivided: ReturnType<typeof outputsOf>;

beforeAll(() => {
  mkdirSync(bin);
  symlinkSync(resolve("scripts/codilens.mjs"), join(bin, "codilens"));
  const args = [
    "--model",
    MODEL,
    "--study",
    STUDIES,
    "--problems",
    PROBLEMS,
    "--no-control-model",
    "--no-progress",
    "--out",
    join(home, "undivided"),
  ];
  const { status, stderr } = spawnSync(process.execPath, ["scripts/codilens.mjs", "experiment", ...args], {
    encoding: "utf8",
  });
  expect([status, status === 0 ? "" : stderr]).toEqual([0, ""]);
  undivided = outputsOf(join(home, "undivided"));
  expect(Object.keys(undivided)).toContain("records.jsonl");
});

describe.skipIf(isWithout("slurm"))("Slurm", () => {
  let slurm: TestSlurm;
  beforeAll(async () => {
    slurm = await startSlurm(folder("cluster"));
  });
  afterAll(() => slurm.stop());

  test("prints, submits, lists, and submits two tasks once more that were killed; the merge gives the undivided run", async () => {
    const cwd = folder("on-slurm");
    const run = (line: string): string => {
      const done = spawnSync("bash", ["-c", line], { cwd, env: shellEnv(slurm.env), encoding: "utf8" });
      expect([line, done.status, done.status === 0 ? "" : done.stderr]).toEqual([line, 0, ""]);
      return done.stdout;
    };
    const isIdle = (): boolean => run("squeue --noheader") === "";
    const [print = "", read = "", submit = "", list = "", again = ""] = linesBelow("Slurm");
    run(print);
    expect(run(read)).toContain("#SBATCH --array=0-3");
    const [, array] = /^Submitted batch job (\d+)$/m.exec(run(submit)) ?? [];
    expect(run(list)).toMatch(/\bcodilens\b/);
    const [, tasks = ""] = /--array=(\S+)/.exec(again) ?? [];
    for (const task of tasks.split(",")) {
      await until("a task at work", () => existsSync(join(cwd, "results/a", `shard-${task}-of-4`, "lock")));
      run(`scancel --signal=KILL --full ${array}_${task}`);
    }
    await until("an empty queue", isIdle);
    expect(existsSync(join(cwd, "results/a/records.jsonl"))).toBe(false);
    run(again);
    await until("an empty queue", isIdle);
    expect(outputsOf(join(cwd, "results/a"))).toEqual(undivided);
    expect(existsSync(join(cwd, "results/a/report.html"))).toBe(true);
  }, 600_000);
});

describe("Kubernetes", () => {
  // The lines after the first need a cluster: here its shell runs each index, and then the merge, as the manifest has them.
  test("prints a manifest whose containers compute the undivided run", async () => {
    const cwd = folder("on-kubernetes");
    const [print = ""] = linesBelow("Kubernetes");
    const env = shellEnv();
    expect(spawnSync("bash", ["-c", print], { cwd, env }).status).toBe(0);
    const [shards, merge] = parseAllDocuments(readFileSync(join(cwd, "run.yaml"), "utf8")).map((each) => {
      const { completions, template } = (each.toJS() as { spec: JobSpec }).spec;
      const [{ command, args }] = template.spec.containers;
      return { completions, words: [...command, ...args] };
    });
    const pod = (words: readonly string[] = [], more: Readonly<Record<string, string>> = {}): number | null =>
      spawnSync(words[0] ?? "", words.slice(1), { cwd, env: { ...env, ...more } }).status;
    const indices = Array.from({ length: shards?.completions ?? 0 }, (_, at) => `${at}`);
    expect(indices.map((at) => pod(shards?.words, { JOB_COMPLETION_INDEX: at }))).toEqual([0, 0, 0, 0]);
    expect(pod(merge?.words)).toBe(0);
    expect(outputsOf(join(cwd, "results/a"))).toEqual(undivided);
  }, 300_000);
});

interface JobSpec {
  readonly completions?: number;
  readonly template: {
    readonly spec: { readonly containers: readonly [{ readonly command: string[]; readonly args: string[] }] };
  };
}

describe.skipIf(isWithout("redis"))("two machines with Redis", () => {
  const shells: ChildProcess[] = [];
  afterAll(() => {
    // The server runs behind its shell.
    for (const { pid } of shells) if (pid !== undefined) signal(pid, "SIGKILL");
  });
  const signal = (pid: number, name: NodeJS.Signals): void => {
    try {
      process.kill(-pid, name);
    } catch {
      // All of that shell's programs have ended.
    }
  };
  /** Types lines into a shell of a machine. */
  const typed = (cwd: string, lines: readonly string[]) => {
    const shell = spawn("bash", ["-c", lines.join("\n")], { cwd, env: shellEnv(), detached: true });
    shells.push(shell);
    let text = "";
    for (const stream of [shell.stdout, shell.stderr])
      stream.on("data", (chunk: Buffer) => {
        text += String(chunk);
      });
    // Not `close`: the server goes on in the background.
    const ended = new Promise<number | null>((done) => shell.once("exit", done));
    return { pid: shell.pid ?? 0, text: () => text, ended };
  };

  test("one coordinates and has the server, the other computes; Ctrl-C ends its worker", async () => {
    port = await freePort();
    const [head, other] = [folder("head"), folder("other")];
    const [certify = "", secret = "", serve = "", coordinate = "", compute = ""] = linesBelow("A queue");
    const first = typed(head, [certify, secret, serve, coordinate]);
    await until("a run on the queue", () => first.text().includes("is on the queue"));
    copyFileSync(join(head, "cert.pem"), join(other, "cert.pem"));
    const second = typed(other, [secret, compute]);
    expect([await first.ended, /report: (\S+)\/report\.html/.exec(first.text())?.[1]]).toEqual([
      0,
      expect.stringMatching(/^results\//),
    ]);
    expect(first.text()).toMatch(/worker \S+ /);
    signal(second.pid, "SIGINT");
    expect(await second.ended).toBe(130);
    const [, dir = ""] = /report: (\S+)\/report\.html/.exec(first.text()) ?? [];
    expect(outputsOf(join(head, dir))).toEqual(undivided);
  }, 300_000);
});
