/** Options typed after `npm run …` without `--`: the real npm keeps them, and no script of ours goes on without them. */
// @needs engine, build, npm, time

import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { lostOptions } from "../../src/cli/main.js";
import { temporaryFolder } from "../support/temporary.js";

/** This repository's npm scripts by the npm on the PATH, in an environment without the settings of the npm that started the tests. */
function npm(
  args: readonly string[],
  more: NodeJS.ProcessEnv = {},
): { status: number | null; lines: string[]; stdout: string } {
  const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));
  const { status, stderr, stdout } = spawnSync("npm", ["run", "--silent", ...args], {
    encoding: "utf8",
    env: { ...own, ...more },
  });
  return { status, stdout, lines: stderr.split("\n").filter((line) => line !== "" && !line.startsWith("npm ")) };
}

const right = (line: string): string => `  → npm run ${line}`;

describe("options that npm kept", () => {
  test.each<[string, string[], string]>([
    [
      "with their values, and switches",
      ["experiment", "--model=/path/to/mine", "--layers=1", "--problems=4", "--test-mode", "--no-controls"],
      "experiment -- --model=/path/to/mine --problems=4 --test-mode --layers=1 --no-controls",
    ],
    ["a value after a blank", ["experiment", "--layers", "1"], "experiment -- --layers=1"],
    [
      "npm's own names, one of them abbreviated",
      ["experiment", "--dry", "--force", "--json"],
      "experiment -- --force --dry-run --json",
    ],
    [
      "of a subcommand",
      ["weights", "verify", "weights/tiny-codi", "--base=/b"],
      "weights -- verify weights/tiny-codi --base=/b",
    ],
    ["of setup", ["setup", "--gpu", "--force"], "setup -- --gpu --force"],
    ["of a program of the repository", ["fuzz", "--cases=5"], "fuzz -- --cases=5"],
  ])("%s: exit 2 with the right command line", (_, args, line) => {
    const { status, lines } = npm(args);
    expect([status, lines[1]]).toEqual([2, right(line)]);
    expect(lines[0]).toMatch(/^codilens: npm kept --\S+.* for itself: options reach \S+ only after `--`$/);
    expect(lines[2]).toMatch(/^ {2}→ or unset npm_config_\w+/);
  });

  // The environment as npm 10 and 11 leave it.
  test.each<[string, string[], Record<string, string>, string | null]>([
    [
      "experiment",
      ["1", "4"],
      { layers: "true", problems: "true" },
      "experiment -- 1 4 --problems=<n> --layers=<list>",
    ],
    [
      "experiment",
      ["--problems", "4", "--dry-run"],
      { layers: "1" },
      "experiment -- --problems 4 --dry-run --layers=1",
    ],
    ["experiment", ["--layers", "4"], { layers: "1" }, null],
    ["experiment", ["--layers=4"], { loglevel: "warn", progress: "false", yes: "true", tag: "latest" }, null],
    ["trace", [], { question: "How many 'pens'?" }, "trace -- --question='How many '\\''pens'\\''?'"],
    ["analyze", ["results/a"], { latex: "true" }, "analyze -- results/a --latex"],
    ["power", [], { effect: "0.1" }, "power -- --effect=0.1"],
    ["weights", ["download", "a/b", "out"], { take_over: "true" }, "weights -- download a/b out --take-over"],
    ["weights", ["inspect", "x"], { take_over: "true" }, null],
  ])("%s %j with npm's settings %j", (script, args, settings, line) => {
    const set = Object.entries(settings).map(([name, value]) => [`npm_config_${name}`, value]);
    vi.stubEnv("npm_lifecycle_event", script);
    vi.stubEnv("npm_package_json", join(process.cwd(), "package.json"));
    for (const [name = "", value] of set) vi.stubEnv(name, value);
    expect(lostOptions([script, ...args])?.split("\n")[1] ?? null).toBe(line === null ? null : right(line));
    vi.unstubAllEnvs();
  });

  test("settings of a .npmrc and of npm itself stop nothing", () => {
    const folder = temporaryFolder("codilens-npmrc-");
    const userconfig = join(folder, "npmrc");
    writeFileSync(userconfig, "force=true\njson = true\nmodel=theirs\nprogress=false\ntest-mode=1\nseed[]=1\n");
    const { status, stdout } = npm(["power", "--", "--effect", "0.3"], { npm_config_userconfig: userconfig });
    expect([status, stdout]).toEqual([0, expect.stringMatching(/\d+ problems|needs? \d+/) as string]);
    expect(npm(["power", "--quiet", "--", "--effect", "0.3"])).toMatchObject({ status: 0 });
  });

  test("a variable in the environment is named, since npm cannot say where it comes from; without npm it means nothing", () => {
    const { status, lines } = npm(["power", "--", "--effect", "0.3"], { npm_config_seed: "7" });
    expect([status, lines[1], lines[2]]).toEqual([
      2,
      right("power -- --effect 0.3 --seed=7"),
      "  → or unset npm_config_seed, where the environment sets it",
    ]);
    const args = ["scripts/codilens.mjs", "power", "--effect", "0.3"];
    const env = { ...process.env, npm_config_seed: "7", npm_lifecycle_event: "test" };
    expect(spawnSync(process.execPath, args, { encoding: "utf8", env })).toMatchObject({ status: 0, stderr: "" });
  });

  test("another project's script of the same name has lost nothing", () => {
    const dir = temporaryFolder("codilens-other-");
    mkdirSync(join(dir, "bin"));
    const command = `node ${join(process.cwd(), "scripts", "codilens.mjs")} power --effect 0.3`;
    writeFileSync(
      join(dir, "package.json"),
      JSON.stringify({ name: "other", version: "1.0.0", scripts: { power: command } }),
    );
    const done = spawnSync("npm", ["run", "--silent", "power", "--seed=3"], { cwd: dir, encoding: "utf8" });
    expect(done.status).toBe(0);
  });
});

test("every npm script that takes options is among those that are asked", () => {
  const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> };
  const programs = Object.entries(scripts).filter(([, line]) => line.startsWith("node scripts/dev.mjs"));
  expect(programs.length).toBeGreaterThanOrEqual(6);
  for (const [name, line] of programs) {
    const file = line.split(" ").at(-1) ?? "";
    const asks = [file, join("bench", "arguments.mts")].some((each) =>
      readFileSync(each, "utf8").includes(`stopWhereLost("${name}"`),
    );
    expect([name, asks]).toEqual([name, true]);
  }
});
