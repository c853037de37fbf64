/** `npm test` and `npm test -- --fast`: what they say of the tiers, what they leave out, and their last line. */
// @needs build, time

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { testFiles } from "../../scripts/tiers.mjs";
import { makeProject } from "../setup/fake-project.js";

const [fast, full] = ["fast", "full"].map((tier) => testFiles().filter((each) => each.tier === tier).length);

function npmTest(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, ["scripts/test.mjs", ...args], { encoding: "utf8" });
}

describe("npm test -- --fast", () => {
  test("names both tiers, says what was left out, and keeps the last line and vitest's own options", () => {
    const { status, stdout, stderr } = npmTest(
      "--fast",
      "test/analysis/tested.test.ts",
      "test/setup/cuda.test.ts",
      "--bail=1",
    );
    expect([status, stdout.trim().split("\n").at(-1)]).toEqual([0, "1 passed, 0 failed"]);
    expect(stderr).toContain(`tier fast: ${fast} test files; left out: ${full} files that need what it has not (time `);
    expect(stderr).toMatch(/tier fast: 1 test files ran in \d+ s/);
    expect(stderr).not.toContain("tier full: ");
    expect(stdout).toContain("fast");
    expect(stdout).not.toContain("cuda.test.ts");
  });

  test("without an engine it builds none, and says what to run", () => {
    const { dir, env, cache } = makeProject({});
    const run = spawnSync(process.execPath, [join(dir, "scripts", "test.mjs"), "--fast"], { encoding: "utf8", env });
    expect([run.status, run.stdout]).toEqual([5, "0 passed, 1 failed\n"]);
    expect(run.stderr).toBe(
      "codilens: no engine is set up here, and --fast builds none: run `npm run setup` once, or `npm test`\n",
    );
    expect(existsSync(cache)).toBe(false);
  });
});

test("npm test runs a file of the full tier, and says how to run the other alone", () => {
  const { status, stdout, stderr } = npmTest("test/setup/cuda.test.ts", "-t", "no such test", "--passWithNoTests");
  expect([status, stdout.trim().split("\n").at(-1)]).toEqual([
    0,
    expect.stringMatching(/^0 passed, 0 failed/) as string,
  ]);
  expect(stderr).toContain(`tier fast: ${fast} test files; tier full: ${full} files`);
  expect(stderr).toContain("`npm test -- --fast` runs the first alone");
  expect(stderr).toMatch(/tier full: 1 test files ran in \d+ s/);
});
