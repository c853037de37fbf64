/** The original study's own points give its published numbers, and what position does to its headline. */
// @needs build

import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { analyzeRun } from "../../src/analysis/index.js";
import type { Summary } from "../../src/analysis/summary-types.js";
import { temporaryFolder } from "../support/temporary.js";

const read = (path: string): unknown => JSON.parse(readFileSync(path, "utf8"));
const published = read("docs/original-study/published_statistics.json") as Record<string, Record<string, unknown>>;
const reference = read("test/fixtures/original-study.json") as Record<
  "pooled" | "withinPosition" | "withinProblem" | "twoWay" | "withinPositionP" | "withoutToken5",
  number
>;

/** All numbers of nested objects as `path: number`. */
function numbers(value: unknown, path = ""): [string, number][] {
  if (typeof value === "number") return [[path, value]];
  return Object.entries(value as object).flatMap(([key, inner]) => numbers(inner, `${path}/${key}`));
}

describe("the original study's points", () => {
  let summary: Summary;

  beforeAll(async () => {
    const dir = temporaryFolder("codilens-original-study-");
    for (const name of ["token_ablation_results_100.json", "attention_weights_100.json"])
      cpSync(join("docs/original-study/data", name), join(dir, name));
    summary = await analyzeRun(dir);
  });

  test.each(["overall_correlation", "per_token", "by_difficulty"] as const)("give its published %s", (part) => {
    // Layers 4 and 8 stand in no figure, so their points are not known.
    const wanted = numbers(
      part === "overall_correlation" ? { layer_14: published[part]?.["layer_14"] } : published[part],
    );
    const found = new Map(numbers(summary.original[part]));
    expect(wanted.length).toBeGreaterThan(1);
    for (const [path, value] of wanted) expect([path, found.get(path)]).toEqual([path, expect.closeTo(value, 10)]);
  });

  test("hold no correlation once position is taken out", () => {
    const [layer14] = summary.correlations;
    expect(layer14?.pooled).toMatchObject({ value: expect.closeTo(reference.pooled, 10) });
    expect(layer14?.withinPosition).toMatchObject({ value: expect.closeTo(reference.withinPosition, 10) });
    expect(layer14?.withinProblem).toMatchObject({ value: expect.closeTo(reference.withinProblem, 10) });
    expect(layer14?.twoWay).toMatchObject({ value: expect.closeTo(reference.twoWay, 10) });
    // Ten thousand draws: four standard errors of a p near 0.27 are 0.018.
    const { withinPosition } = layer14?.permutation ?? {};
    expect(withinPosition).toMatchObject({ p: expect.closeTo(reference.withinPositionP, 1) });
    expect(
      Math.abs((withinPosition?.kind === "value" ? withinPosition.p : 1) - reference.withinPositionP),
    ).toBeLessThan(0.018);
  });

  test("are what the page says", () => {
    const page = readFileSync("docs/original-study.md", "utf8");
    const rounded = (value: number): string => value.toFixed(2).replace("-", "−");
    for (const name of ["withinPosition", "twoWay", "withinProblem", "withoutToken5"] as const)
      expect(page).toContain(`r = ${rounded(reference[name])}`);
    expect(page).toContain(`p = ${reference.withinPositionP.toFixed(2)}`);
  });
});
