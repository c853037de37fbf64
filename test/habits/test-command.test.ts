/** `npm test` and `npm test -- --fast`: what they say of the tiers, what they leave out, and their last line. */
// @needs build, time

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { testFiles } from "../../scripts/tiers.mjs";
import { makeProject } from "../setup/fake-project.js";

const [fast, full] = ["fast", "full"].map((tier) => testFiles().filter((each) => each.tier === tier).length);

const ONE_PASSED = expect.stringMatching(/^1 passed, 0 failed, \d+ skipped$/) as string;

function npmTest(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, ["scripts/test.mjs", ...args], { encoding: "utf8" });
}

describe("npm test -- --fast", () => {
  test("names both tiers, says what was left out, and keeps the last line and vitest's own options", () => {
    const only = ["-t", "is declared in one line"];
    const { status, stdout, stderr } = npmTest("--fast", "test/habits/needs", "test/setup/npm-options", ...only);
    expect([status, stdout.trim().split("\n").at(-1)]).toEqual([0, ONE_PASSED]);
    expect(stderr).toContain(`tier fast: ${fast} test files; left out: ${full} files that need what it has not (time `);
    expect(stderr).toMatch(/tier fast: 1 test files ran in \d+ s/);
    expect(stderr).not.toContain("tier full: ");
    expect(stdout).toContain("fast");
    expect(stdout).not.toContain("npm-options");
  });

  test("without an engine it builds none, and says what to run", () => {
    const { dir, env, cache } = makeProject({});
    const run = spawnSync(process.execPath, [join(dir, "scripts", "test.mjs"), "--fast"], { encoding: "utf8", env });
    expect([run.status, run.stdout]).toEqual([5, "0 passed, 1 failed\n"]);
    expect(run.stderr).toBe(
      "codilens: no engine is set up here, and none is built now: run `npx codilens setup` once\n",
    );
    expect(existsSync(cache)).toBe(false);
  });
});

test("npm test runs a file of the full tier, and says how to run the other alone", () => {
  const { status, stdout, stderr } = npmTest("test/setup/npm-options", "-t", "every npm script that takes options");
  expect([status, stdout.trim().split("\n").at(-1)]).toEqual([0, ONE_PASSED]);
  expect(stderr).toContain(`tier fast: ${fast} test files; tier full: ${full} files`);
  expect(stderr).toContain("`npm test -- --fast` runs the first alone");
  expect(stderr).toMatch(/tier full: 1 test files ran in \d+ s/);
});
