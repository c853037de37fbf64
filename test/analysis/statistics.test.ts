// @needs nothing

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { holm } from "../../src/statistics/holm.js";
import { mcnemarExact } from "../../src/statistics/mcnemar.js";
import { quantile } from "../../src/statistics/order-statistics.js";
import { pearson, pearsonP, withinGroups } from "../../src/statistics/pearson.js";
import { wilson } from "../../src/statistics/proportion-interval.js";
import { tTwoSided } from "../../src/statistics/t-distribution.js";

interface Fixture {
  readonly pearson: { x: number[]; y: number[]; r: number; p: number }[];
  readonly t: { t: number; df: number; p: number }[];
  readonly within: { x: number[]; y: number[]; groups: number[]; r: number };
  readonly wilson: { k: number; n: number; low: number; high: number }[];
  readonly mcnemar: { b: number; c: number; p: number }[];
  readonly holm: { p: number[]; adjusted: number[] };
  readonly quantile: { values: number[]; q: number[]; result: number[] };
}
const fixture = JSON.parse(readFileSync(new URL("../fixtures/statistics.json", import.meta.url), "utf8")) as Fixture;

/** Relative agreement to 1e-9, as SciPy is itself accurate. */
const close = (ours: number | undefined, reference: number): void =>
  expect(Math.abs((ours ?? Number.NaN) - reference)).toBeLessThanOrEqual(1e-9 * Math.abs(reference));

describe("statistics equal SciPy", () => {
  test("Student's t", () => {
    for (const { t, df, p } of fixture.t) close(tTwoSided(t, df), p);
  });

  test("Pearson's r and its p", () => {
    for (const { x, y, r, p } of fixture.pearson) {
      const result = pearson(x, y);
      close(result.kind === "value" ? result.r : undefined, r);
      close(pearsonP(r, x.length), p);
    }
  });

  test("r within groups", () => {
    const { x, y, groups, r } = fixture.within;
    const result = withinGroups(x, y, groups);
    close(result.kind === "value" ? result.r : undefined, r);
  });

  test("Wilson's interval", () => {
    for (const { k, n, low, high } of fixture.wilson) {
      const result = wilson(k, n);
      expect(result.kind === "value" ? (result.low ?? 9) : 9).toBeCloseTo(low, 10);
      expect(result.kind === "value" ? (result.high ?? 9) : 9).toBeCloseTo(high, 10);
    }
  });

  test("McNemar's exact p", () => {
    for (const { b, c, p } of fixture.mcnemar) {
      const result = mcnemarExact(b, c);
      close(result.kind === "value" ? result.p : undefined, p);
    }
  });

  test("Holm's adjustment", () => {
    const adjusted = holm(fixture.holm.p.map((p) => ({ kind: "value", p })));
    for (const [i, each] of adjusted.entries())
      close(each.kind === "value" ? each.p : undefined, fixture.holm.adjusted[i] ?? 0);
  });

  test("quantiles", () => {
    for (const [i, q] of fixture.quantile.q.entries())
      close(quantile(fixture.quantile.values, q), fixture.quantile.result[i] ?? 0);
  });
});

describe("what is not defined says why", () => {
  test.each([
    [pearson([1, 2], [1, 2]), "2 points, at least 3 are needed"],
    [pearson([0.1, 0.1, 0.1], [0, 1, 0]), "attention is constant"],
    [pearson([0.1, 0.2, 0.3], [1, 1, 1]), "importance is constant"],
    [wilson(0, 0), "no cases"],
    [mcnemarExact(0, 0), "no pair changed"],
  ])("%o", (result, reason) => {
    expect(result).toEqual({ kind: "undefined", reason });
  });
});

test("p is never 0, also where a double cannot hold it", () => {
  const mcnemar = mcnemarExact(0, 1200);
  expect(mcnemar.kind === "value" && mcnemar.p > 0).toBe(true);
  expect(pearsonP(1, 10)).toBeGreaterThan(0);
});
