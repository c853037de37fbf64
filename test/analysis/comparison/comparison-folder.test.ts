/** Where a comparison is written unless it is said. */
// @needs nothing

import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { compareFolders, comparisonFolder } from "../../../src/analysis/comparison/index.js";
import { madeFolder, madeRecords } from "../../support/records.js";
import { temporaryFolder } from "../../support/temporary.js";

const before = process.cwd();
let here: string;
beforeEach(() => {
  here = join(temporaryFolder("codilens-folder-"), "here");
  mkdirSync(here);
  process.chdir(here);
});
afterEach(() => process.chdir(before));

/** A run at each of the paths. */
function made(...paths: string[]): string[] {
  for (const path of paths) {
    mkdirSync(dirname(path), { recursive: true });
    renameSync(madeFolder(madeRecords({ problems: 4 })), path);
  }
  return paths;
}

describe("comparisonFolder()", () => {
  test.each([
    [["results/a", "results/b"], "a-b"],
    [["results/a", "./results/b/", "c"], "a-b-c"],
    [["one/run", "two/run"], "one-run-two-run"],
    [["results/one/run", "results/two/run"], "one-run-two-run"],
    [["../run", "/data/run"], "run-data-run"],
    [[".", "results"], "here-results"],
    [["a".repeat(100), "b".repeat(100)], `${"a".repeat(100)}-${"b".repeat(8)}`],
  ])("%j: %s", (dirs, name) => {
    expect(comparisonFolder(dirs)).toBe(join("results", `comparison-${name}`));
  });

  test("equal base names give each comparison its own folder, the same again for the same runs", async () => {
    const pairs = [made("one/run", "two/run"), made("three/run", "four/run")];
    const outs = pairs.map((pair) => comparisonFolder(pair));
    expect(new Set(outs).size).toBe(2);
    for (const [i, pair] of pairs.entries()) await compareFolders(pair, outs[i] ?? "");
    expect(pairs.map((pair) => comparisonFolder(pair))).toEqual(outs);
  }, 60_000);

  test("where names do not tell two comparisons apart the second is refused; runs and comparison may move together", async () => {
    made("x/a-b", "x-a/b", "x/c");
    const out = comparisonFolder(["x/a-b", "x/c"]);
    await compareFolders(["x/a-b", "x/c"], out);
    expect(() => comparisonFolder(["x-a/b", "x/c"])).toThrow(
      "results/comparison-x-a-b-x-c holds the comparison of other runs",
    );
    expect(comparisonFolder(["x/a-b", "x/c"])).toBe(out);
    renameSync(here, `${here}-moved`);
    process.chdir(`${here}-moved`);
    expect(comparisonFolder(["x/a-b", "x/c"])).toBe(out);
  }, 60_000);

  test("a comparison that does not say of which runs it is, or cannot be read, is not overwritten", () => {
    const dir = join("results", "comparison-a-b");
    mkdirSync(dir, { recursive: true });
    for (const text of ['{"schema":1}', "{"]) {
      writeFileSync(join(dir, "comparison.json"), text);
      expect(() => comparisonFolder(["a", "b"])).toThrow("holds the comparison of other runs");
    }
  });
});
