// @needs nothing

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  bcaTails,
  bootstrapValues,
  clusteredBootstrap,
  jackknife,
  ofMean,
  ofSums,
} from "../../src/statistics/clustered-bootstrap.js";
import { correlationStatistic } from "../../src/statistics/clustered-correlation.js";
import { clusteredRows } from "../../src/statistics/clustered-rows.js";
import { ranked } from "../../src/statistics/order-statistics.js";
import { studentizedBootstrap, withError } from "../../src/statistics/studentized-bootstrap.js";
import { close, reference } from "../support/study-statistics.js";

const { bootstrap } = JSON.parse(readFileSync(new URL("../fixtures/statistics.json", import.meta.url), "utf8")) as {
  bootstrap: { clusters: number[][]; means: number[] };
};
const sums = Float64Array.from(
  bootstrap.clusters.flatMap((rows) => [rows.reduce((sum, each) => sum + each, 0), rows.length]),
);
const meanOfRows = ofSums(sums, 2, (total) => (total[0] ?? 0) / (total[1] ?? 1));

describe("clusteredBootstrap()", () => {
  test("draws whole clusters with equal chance: the 27 equally likely draws of three clusters, enumerated", () => {
    const draws = 27_000;
    const values = bootstrapValues(3, meanOfRows, { draws, seed: 5 });
    const expected = new Map<string, number>();
    for (const mean of bootstrap.means) expected.set(mean.toFixed(9), (expected.get(mean.toFixed(9)) ?? 0) + 1);
    const found = new Map<string, number>();
    for (const value of values) found.set(value.toFixed(9), (found.get(value.toFixed(9)) ?? 0) + 1);
    expect([...found.keys()].sort()).toEqual([...expected.keys()].sort());
    // 1,000 draws a way are expected; four standard deviations.
    for (const [mean, ways] of expected)
      expect(Math.abs((found.get(mean) ?? 0) - 1000 * ways)).toBeLessThan(4 * Math.sqrt(1000 * ways));
  });

  test("BCa takes the tails that SciPy takes for the same draws", () => {
    const { data, draws, tails } = reference<{ data: number[]; draws: number[]; tails: [number, number] }>("bca");
    const statistic = ofMean(data);
    const value = statistic(new Uint16Array(data.length).fill(1)) ?? Number.NaN;
    const ours = bcaTails(value, ranked(Float64Array.from(draws)), {
      left: jackknife(data.length, statistic),
      tail: 0.025,
    });
    close(ours?.[0], tails[0]);
    close(ours?.[1], tails[1]);
  });

  test("draws without a value are counted and left out; more than half of them leave no interval", () => {
    // No draw has the first cluster: chance (2/3)^3 = 8/27.
    const lacking = clusteredBootstrap(3, (counts) => ((counts[0] ?? 0) > 0 ? (counts[1] ?? 0) : null), {
      draws: 27_000,
      seed: 5,
      method: "percentile",
    });
    expect(lacking.kind === "value" && Math.abs(lacking.undefinedDraws - 8000)).toBeLessThan(300);
    const rare = clusteredBootstrap(3, (counts) => (counts.every((count) => count === 1) ? 1 : null), {
      draws: 999,
      seed: 5,
    });
    expect(rare).toEqual({ kind: "undefined", reason: "most bootstrap draws have no value" });
  });

  test("the same seed gives the same interval, and few clusters get the percentile one", () => {
    const statistic = ofMean(Array.from({ length: 30 }, (_, i) => Math.exp(Math.sin(i))));
    const once = clusteredBootstrap(30, statistic, { draws: 999, seed: 7 });
    expect(clusteredBootstrap(30, statistic, { draws: 999, seed: 7 })).toEqual(once);
    expect(once).toMatchObject({ method: "bca", clusters: 30 });
    expect(clusteredBootstrap(10, ofMean([3, 1, 4, 1, 5, 9, 2, 6, 5, 3]), { seed: 7 })).toMatchObject({
      method: "percentile",
    });
  });

  test("fewer than three problems have no interval; values that are all the same have one of no length", () => {
    expect(clusteredBootstrap(2, ofMean([1, 2]), { seed: 1 })).toEqual({
      kind: "undefined",
      reason: "2 problems, at least 3 are needed",
    });
    expect(clusteredBootstrap(25, ofMean(new Array(25).fill(2)), { seed: 1 })).toMatchObject({
      low: 2,
      high: 2,
      method: "percentile",
    });
  });
});

describe("studentizedBootstrap()", () => {
  const { x, y, r, error } = reference<{ x: number[][]; y: number[][]; r: number; error: number }>("studentized");
  const rows = clusteredRows(
    x.flatMap((xs, p) => xs.map((each, k) => ({ problem: String(p), position: k, x: each, y: y[p]?.[k] ?? 0 }))),
  );
  const { smooth } = correlationStatistic(rows, "pooled");

  test("takes the standard error that a numerical derivative gives", () => {
    const [z, ours] = withError(rows.problems, smooth, true)(new Uint16Array(rows.problems).fill(1)) ?? [];
    close(Math.tanh(z ?? Number.NaN), r);
    // The reference differentiates by differences.
    expect(Math.abs((ours ?? Number.NaN) / error - 1)).toBeLessThan(1e-7);
  });

  test("its ends are the value less the draws' quantiles in units of its error", () => {
    const result = studentizedBootstrap(rows.problems, smooth, { seed: 3, draws: 1999, scale: "fisher" });
    expect(result.kind === "value" && result.low < r && r < result.high && result.low > -1).toBe(true);
    expect(studentizedBootstrap(2, smooth, { seed: 3, scale: "fisher" })).toMatchObject({ kind: "undefined" });
  });
});
