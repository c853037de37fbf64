/** Every test file says what it needs; its tier follows from nothing else. */
// @needs nothing

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { reachedFrom } from "../../scripts/imports.mjs";
import { isAlone, leftOut, NEEDS, needsIn, testFiles, tierOf } from "../../scripts/tiers.mjs";
import { LONGEST } from "../support/longest.js";

const files = testFiles();

/** What can be seen of a need in the files that a test reaches; programs are caught when they are called (declared-programs.ts). */
const TRACES: Readonly<Record<string, (reached: ReadonlySet<string>) => boolean>> = {
  engine: (reached) => [...reached].some((each) => each.startsWith("@tensorflow/")),
  browser: (reached) => reached.has("playwright-core"),
  webgpu: (reached) => reached.has("test/support/webgpu.ts"),
  deno: (reached) => reached.has("scripts/setup/test-deno.mjs"),
  slurm: (reached) => reached.has("scripts/setup/test-slurm.mjs"),
  redis: (reached) => reached.has("test/support/redis.ts"),
  venv: (reached) => reached.has("test/support/test-python.ts"),
  build: (reached) =>
    [...reached].some((each) => each.startsWith("dist/")) ||
    sources(reached, /^src\//).some((text) => text.includes("../dist/")) ||
    sources(reached, /^(?:test|bench)\//).some((text) => RUNS_DIST.test(text)),
};

// The command in scripts, or a path into dist, of this repository and not of a copy that the test made.
const RUNS_DIST = /["'` ]scripts\/codilens\.mjs|process\.cwd\(\), "(?:scripts|dist)|"dist["]|import\("\.\/dist\//;

function sources(reached: ReadonlySet<string>, folder: RegExp): string[] {
  return [...reached].filter((each) => folder.test(each) && existsSync(each)).map((each) => readFileSync(each, "utf8"));
}

describe("what a test file needs", () => {
  test("is declared in one line of known words", () => {
    const wrong = files.filter(({ file, needs }) => {
      const lines = readFileSync(file, "utf8").match(/^\/\/ @needs /gm) ?? [];
      const isKnown = needs?.every((each) => Object.hasOwn(NEEDS, each)) ?? false;
      const isAlone = needs?.includes("nothing") !== true || needs.length === 1;
      return lines.length !== 1 || !isKnown || !isAlone || new Set(needs).size !== needs?.length;
    });
    expect(wrong.map(({ file }) => file)).toEqual([]);
  });

  test.each(Object.entries(TRACES))("%s: is declared wherever it is seen", (need, isSeen) => {
    const seen = files.filter(({ file }) => isSeen(reachedFrom(file)));
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.filter(({ needs }) => !needs?.includes(need)).map(({ file }) => file)).toEqual([]);
  });

  test("is described in CONTRIBUTING.md, each word with its tier", () => {
    const table = readFileSync("CONTRIBUTING.md", "utf8").matchAll(/^\| `(\w+)`\s*\|[^|]+\| (fast|full) \|$/gm);
    expect([...table].map(([, need, tier]) => [need, tier])).toEqual(
      Object.keys(NEEDS).map((need) => [need, tierOf([need])]),
    );
  });

  test("a program that the file did not declare says so instead of running", () => {
    for (const program of Object.values(NEEDS).flatMap(({ programs = [] }) => programs)) {
      const { status, stderr } = spawnSync(program, ["--version"], { encoding: "utf8" });
      expect([program, status, stderr]).toEqual([
        program,
        97,
        `${program}: this test file does not declare that it needs it: see @needs in CONTRIBUTING.md\n`,
      ]);
    }
  });
});

describe("the tier", () => {
  test("is fast where each need is, and full where one is not, is unknown or is left out", () => {
    const at = (text: string) => tierOf(needsIn(text));
    expect(at("/** Doc. */\n// @needs nothing\n")).toBe("fast");
    expect(at("// @needs engine, build\n\nimport …")).toBe("fast");
    expect(at("// @needs engine, time\n")).toBe("full");
    expect(at("// @needs engines\n")).toBe("full");
    expect(at("// needs nothing\n")).toBe("full");
    expect(at("const text = `// @needs nothing`;")).toBe("full");
  });

  test("a process is shared by files that need nothing which cannot be, and by no file of an unknown need", () => {
    expect([["nothing"], ["engine"], ["engine", "time"]].map(isAlone)).toEqual([false, false, false]);
    expect([["engine", "process"], ["engine", "browser"], ["engines"], null].map(isAlone)).toEqual(Array(4).fill(true));
  });

  test("every file that is named as one of the longest is there, and none twice", () => {
    expect(LONGEST.filter((each) => !files.some(({ file }) => file === each))).toEqual([]);
    expect(new Set(LONGEST).size).toBe(LONGEST.length);
  });

  test("what is left out is counted by need, the commonest first", () => {
    const made = (...needs: string[]) => ({ file: "", needs, tier: tierOf(needs) });
    expect(leftOut([made("engine", "time"), made("npm", "time"), made("nothing")])).toBe("time 2, npm 1");
  });
});
