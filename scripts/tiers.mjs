/**
 * The tests' two tiers. Each test file says what it needs, in a line such as `// @needs engine, browser` below its first comment;
 * its tier follows from that, and whether it shares a process with others. `npm test -- --fast` runs the fast tier, `npm test` both.
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { project } from "./setup/places.mjs";

/**
 * Everything that a test file can need. `isFast`: met within seconds on a machine that is set up. `isShared`: files that need no more run
 * one after the other in the same process, which loads the sources and the engine once. `programs`: what is on the PATH only of files that
 * declare the need.
 */
export const NEEDS = {
  nothing: { isFast: true, isShared: true, what: "Node and git alone" },
  engine: { isFast: true, isShared: true, what: "TensorFlow as the set-up left it in the cache, and WASM" },
  process: { isFast: true, what: "a process of its own, whose engine, threads or memory it decides or looks at" },
  build: { isFast: true, what: "dist: the commands as a user runs them, and the report's script" },
  compiler: { isFast: false, what: "a C compiler", programs: ["gcc", "g++", "cc", "c++", "clang", "clang++"] },
  python: { isFast: false, what: "Python", programs: ["python3", "python", "pip3", "pip"] },
  deno: { isFast: false, what: "Deno, whose kernel runs notebooks" },
  venv: { isFast: false, what: "the tests' own Python packages: pandas, polars, DuckDB, numpy, Jupyter" },
  npm: { isFast: false, what: "the real npm, which packs, installs and runs scripts", programs: ["npm", "npx"] },
  browser: { isFast: false, what: "Chromium", programs: ["chromium", "chromium-browser", "google-chrome"] },
  webgpu: { isFast: false, what: "a GPU in software: SwiftShader, which Chromium brings, by libvulkan1" },
  poppler: { isFast: false, what: "poppler", programs: ["pdffonts", "pdfimages", "pdfinfo", "pdftotext"] },
  slurm: { isFast: false, what: "Slurm, whose daemons the test starts", programs: ["sbatch", "scontrol", "squeue"] },
  redis: { isFast: false, what: "a Redis server, started by the test", programs: ["redis-server"] },
  time: { isFast: false, isShared: true, what: "more than about three seconds of one core" },
};

/** @returns the needs that a test file's text declares, null where it has no line of them. */
export function needsIn(text) {
  const [, words] = /^\/\/ @needs (.+)$/m.exec(text) ?? [];
  return words === undefined ? null : words.split(", ");
}

/** @returns `fast`, or `full` where one need takes more than the fast tier has, is unknown, or nothing is declared. */
export function tierOf(needs) {
  return needs?.every((each) => Object.hasOwn(NEEDS, each) && NEEDS[each].isFast) ? "fast" : "full";
}

/** @returns whether the file gets a process of its own: what it needs is more than files in one process can share. */
export function isAlone(needs) {
  return needs?.every((each) => Object.hasOwn(NEEDS, each) && NEEDS[each].isShared === true) !== true;
}

/** All test files, each `{ file, needs, tier }`; `file` is relative to the repository's root, with slashes. */
export function testFiles(root = project) {
  return readdirSync(join(root, "test"), { recursive: true, encoding: "utf8" })
    .filter((each) => each.endsWith(".test.ts"))
    .map((each) => `test/${each.replaceAll("\\", "/")}`)
    .sort()
    .map((file) => {
      const needs = needsIn(readFileSync(join(root, file), "utf8"));
      return { file, needs, tier: tierOf(needs) };
    });
}

/** @returns each need that keeps files out of the fast tier, with their number, the commonest first: `time 30, npm 3`. */
export function leftOut(files) {
  const slow = Object.keys(NEEDS).filter((need) => !NEEDS[need].isFast);
  return slow
    .map((need) => ({ need, count: files.filter(({ needs }) => needs?.includes(need)).length }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count)
    .map(({ need, count }) => `${need} ${count}`)
    .join(", ");
}
