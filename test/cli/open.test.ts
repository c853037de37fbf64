/** `codilens open` and `codilens studies`: what they find, print and give to the system. */
// @needs build

import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { STORIES, STUDY_NAMES } from "../../src/studies/stories.js";
import { temporaryFolder } from "../support/temporary.js";

const home = temporaryFolder("codilens-open-");
const script = resolve("scripts/codilens.mjs");
const codilens = (args: readonly string[], env: NodeJS.ProcessEnv = {}): SpawnSyncReturns<string> =>
  spawnSync(process.execPath, [script, ...args], {
    cwd: home,
    encoding: "utf8",
    env: { ...process.env, DISPLAY: "", WAYLAND_DISPLAY: "", ...env },
  });

function run(name: string, file: string, seconds: number): string {
  const folder = join(home, "results", name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, file), "<!doctype html>");
  utimesSync(join(folder, file), seconds, seconds);
  return join(folder, file);
}

/** A system's opener, which notes what it is given. */
function opener(exit: number): { readonly env: NodeJS.ProcessEnv; readonly noted: () => string } {
  const folder = temporaryFolder("codilens-opener-");
  const note = join(folder, "given");
  writeFileSync(join(folder, "xdg-open"), `#!/bin/sh\nprintf %s "$1" > "${note}"\nexit ${exit}\n`);
  chmodSync(join(folder, "xdg-open"), 0o755);
  const env = { PATH: [folder, process.env["PATH"]].join(delimiter), DISPLAY: ":7" };
  return { env, noted: () => (existsSync(note) ? readFileSync(note, "utf8") : "") };
}

let newest = "";
beforeAll(() => {
  run("old", "report.html", 1_000_000);
  newest = run("a newer one", "report.html", 3_000_000);
  run("compared", "comparison.html", 2_000_000);
  mkdirSync(join(home, "results", "unfinished"));
  writeFileSync(join(home, "results", "unfinished", "records.jsonl"), "");
});

describe("codilens open", () => {
  test("without a display prints the path of the newest report, says that it opened nothing, and ends with 0", () => {
    const { env, noted } = opener(0);
    const { status, stdout } = codilens(["open"], { ...env, DISPLAY: "" });
    expect([status, stdout]).toEqual([
      0,
      `report: ${newest}\nnot opened: there is no display here; open the file in a browser\n`,
    ]);
    expect(noted()).toBe("");
  });

  test("gives the page to the system's opener, also that of a comparison", () => {
    const { env, noted } = opener(0);
    const { status, stdout } = codilens(["open", join("results", "compared"), "--json"], env);
    const report = join(home, "results", "compared", "comparison.html");
    expect([status, JSON.parse(stdout)]).toEqual([
      0,
      { schema: 1, status: "complete", report, opened: true, reason: null },
    ]);
    expect(noted()).toBe(report);
  });

  test("an opener that fails is an error of the environment that names the page", () => {
    const { status, stderr } = codilens(["open", join("results", "old")], opener(4).env);
    expect(status).toBe(5);
    expect(stderr).toContain("xdg-open ended with 4, so ");
    expect(stderr).toContain(`${join("results", "old", "report.html")} was not opened`);
  });

  test.each([
    ["nowhere", "nowhere does not exist", "name a folder that `codilens experiment` wrote"],
    ["results", "results holds no report.html or comparison.html", "name a folder that `codilens experiment` wrote"],
    ["results/unfinished", "results/unfinished holds no report.html", "write it: codilens analyze results/unfinished"],
  ])("%s: one sentence, what to do, exit 3", (dir, message, hint) => {
    const { status, stderr } = codilens(["open", dir]);
    expect(status).toBe(3);
    expect(stderr).toContain(message);
    expect(stderr).toContain(hint);
  });

  test("where no run has been, it says how to make one", () => {
    const { status, stderr } = spawnSync(process.execPath, [script, "open"], {
      cwd: temporaryFolder("codilens-no-run-"),
      encoding: "utf8",
    });
    expect(status).toBe(3);
    expect(stderr).toMatch(/There is no report below .*results\n {2}→ run `codilens experiment`/);
  });
});

describe("codilens studies", () => {
  test("lists every study with its question, and says which run by default", () => {
    const { status, stdout } = codilens(["studies"]);
    expect(status).toBe(0);
    for (const { name, question, runs } of STORIES.values()) {
      const line = stdout.split("\n").find((each) => each.startsWith(`${name} `));
      expect(line).toContain(question);
      const isDefault = runs !== undefined || !STUDY_NAMES.includes(name);
      expect([name, line?.endsWith("(runs by default)")]).toEqual([name, isDefault]);
    }
  });

  test("--json is one document with the same, and the limits of each", () => {
    const { stdout } = codilens(["studies", "--json"]);
    const { studies } = JSON.parse(stdout) as { studies: { name: string; caveat: string | null }[] };
    expect(studies.map(({ name }) => name)).toEqual([...STORIES.keys()]);
    expect(studies.find(({ name }) => name === "lens")?.caveat).toMatch(/^What the head would say/);
  });
});
