// @needs nothing

import { describe, expect, test } from "vitest";
import { cohenDz, cohenH, oddsRatio } from "../../src/statistics/effect-size.js";
import type { Estimate, PValue } from "../../src/statistics/estimate.js";
import { mcnemarExact, mcnemarMidP, mcnemarOddsRatio } from "../../src/statistics/mcnemar.js";
import { compareNumbers, compareOutcomes } from "../../src/statistics/paired-runs.js";
import { clopperPearson, newcombeIndependent, newcombePaired } from "../../src/statistics/proportion-interval.js";
import { close, reference } from "../support/study-statistics.js";

const ends = (estimate: Estimate): [number | null, number | null] | null =>
  estimate.kind === "value" ? [estimate.low, estimate.high] : null;
const pOf = (value: PValue): number | undefined => (value.kind === "value" ? value.p : undefined);
type Interval = [number, number];

describe("intervals of proportions", () => {
  test("Newcombe's for two groups equals statsmodels", () => {
    for (const { a, n, b, m, interval } of reference<
      { a: number; n: number; b: number; m: number; interval: Interval }[]
    >("newcombeIndependent")) {
      const result = ends(newcombeIndependent({ count: a, n }, { count: b, n: m }));
      close(result?.[0], interval[0]);
      close(result?.[1], interval[1]);
    }
  });

  test("Newcombe's for pairs equals his formula, and his printed example 36, 12, 2, 0", () => {
    for (const { cells, interval } of reference<{ cells: [number, number, number, number]; interval: Interval }[]>(
      "newcombePaired",
    )) {
      const [both, firstOnly, secondOnly, neither] = cells;
      const result = ends(newcombePaired({ both, firstOnly, secondOnly, neither }));
      close(result?.[0], interval[0]);
      close(result?.[1], interval[1]);
    }
    const printed = ends(newcombePaired({ both: 36, firstOnly: 12, secondOnly: 2, neither: 0 }));
    expect(printed?.map((each) => each?.toFixed(4))).toEqual(["0.0569", "0.3404"]);
  });

  test("Clopper and Pearson's equals SciPy", () => {
    for (const { k, n, interval } of reference<{ k: number; n: number; interval: Interval }[]>("clopperPearson")) {
      const result = ends(clopperPearson(k, n));
      close(result?.[0], interval[0]);
      close(result?.[1], interval[1]);
    }
  });
});

describe("McNemar", () => {
  test("exact p and mid-p equal the binomial's", () => {
    for (const { b, c, p, exact } of reference<{ b: number; c: number; p: number; exact: number }[]>("mcnemarMidP")) {
      close(pOf(mcnemarMidP(b, c)), p);
      close(pOf(mcnemarExact(b, c)), exact);
    }
  });

  test("its odds ratio excludes 1 where the exact test rejects, and has a reason where all changes go one way", () => {
    for (const [b, c] of [
      [12, 3],
      [11, 4],
      [30, 11],
      [9, 8],
    ] as const) {
      const result = ends(mcnemarOddsRatio(b, c));
      expect((result?.[0] ?? 0) > 1).toBe((pOf(mcnemarExact(b, c)) ?? 1) < 0.05);
    }
    expect(mcnemarOddsRatio(4, 0)).toEqual({ kind: "undefined", reason: "all 4 changes go one way" });
    expect(mcnemarOddsRatio(0, 0)).toEqual({ kind: "undefined", reason: "no pair changed" });
  });
});

describe("effect sizes", () => {
  test("Cohen's h and the odds ratio equal statsmodels", () => {
    for (const { p1, p2, h } of reference<{ p1: number; p2: number; h: number }[]>("cohenH")) close(cohenH(p1, p2), h);
    const { value, interval } = reference<{ value: number; interval: Interval }>("oddsRatio");
    const result = oddsRatio({ count: 12, n: 100 }, { count: 5, n: 100 });
    close(result.kind === "value" ? result.value : undefined, value);
    close(ends(result)?.[0], interval[0]);
    close(ends(result)?.[1], interval[1]);
  });

  test("a zero cell, and pairs that all differ by the same, have a reason", () => {
    expect(oddsRatio({ count: 0, n: 5 }, { count: 2, n: 5 })).toMatchObject({
      reason: "a cell of the two-by-two table is 0",
    });
    expect(cohenDz([0.3, 0.3, 0.3])).toMatchObject({ reason: "all pairs differ by the same" });
  });
});

describe("two runs on the same problems", () => {
  test("outcomes are counted each way", () => {
    const pair = (first: boolean, second: boolean, n: number) => Array.from({ length: n }, () => ({ first, second }));
    const result = compareOutcomes([
      ...pair(true, true, 20),
      ...pair(true, false, 12),
      ...pair(false, true, 2),
      ...pair(false, false, 16),
    ]);
    expect(result.counts).toEqual({ both: 20, firstOnly: 12, secondOnly: 2, neither: 16 });
    expect(result.difference).toEqual(newcombePaired(result.counts));
    close(pOf(result.mcnemar), pOf(mcnemarExact(12, 2)) ?? 0);
    expect(compareOutcomes([]).difference).toEqual({ kind: "undefined", reason: "no cases" });
  });

  test("numbers are compared by whole problems: doubling each row doubles no evidence", () => {
    const once = Array.from({ length: 12 }, (_, i) => ({ problem: `p${i}`, first: Math.sin(i * 3) + 0.4, second: 0 }));
    const [single, double] = [once, [...once, ...once]].map((rows) => compareNumbers(rows, { seed: 1, draws: 999 }));
    expect(double?.difference).toEqual(single?.difference);
    expect(double?.signFlip).toEqual(single?.signFlip);
    expect(double?.effect).toEqual(single?.effect);
  });
});
