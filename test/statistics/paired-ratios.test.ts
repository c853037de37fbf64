/** The difference of two ratios of sums: its interval against every draw that there is, enumerated. */
// @needs nothing

import { describe, expect, test } from "vitest";
import { DRAWS } from "../../src/statistics/clustered-bootstrap.js";
import { compareRatios, type PairedRatio } from "../../src/statistics/paired-runs.js";

/** Broken answers of right ones in both runs, five problems. */
const PAIRS: readonly PairedRatio[] = [
  { first: { sum: 1, n: 1 }, second: { sum: 0, n: 1 } },
  { first: { sum: 1, n: 1 }, second: { sum: 0, n: 0 } },
  { first: { sum: 0, n: 1 }, second: { sum: 1, n: 1 } },
  { first: { sum: 1, n: 1 }, second: { sum: 0, n: 1 } },
  { first: { sum: 0, n: 0 }, second: { sum: 0, n: 1 } },
];

/** Four standard errors of a share of 0.025 over the bootstrap's draws. */
const NOISE = 4 * Math.sqrt((0.025 * 0.975) / DRAWS);

/** All 5^5 draws with replacement, those without a value left out. */
function allDraws(): number[] {
  const values: number[] = [];
  for (let draw = 0; draw < 5 ** 5; draw++) {
    const drawn = [0, 1, 2, 3, 4].map((digit) => PAIRS[Math.floor(draw / 5 ** digit) % 5]);
    const total = (of: (pair: PairedRatio) => number): number =>
      drawn.reduce((sum, pair) => sum + (pair === undefined ? 0 : of(pair)), 0);
    const [a, b] = [total(({ first }) => first.n), total(({ second }) => second.n)];
    if (a > 0 && b > 0) values.push(total(({ first }) => first.sum) / a - total(({ second }) => second.sum) / b);
  }
  return values.sort((x, y) => x - y);
}

describe("compareRatios()", () => {
  test("is 3/4 − 1/4, and its ends are quantiles of all draws", () => {
    const found = compareRatios(PAIRS, { seed: 7 });
    const all = allDraws();
    const below = (end: number): number => all.filter((each) => each < end - 1e-12).length / all.length;
    const upTo = (end: number): number => all.filter((each) => each <= end + 1e-12).length / all.length;
    expect(found).toMatchObject({ kind: "value", value: 0.5, clusters: 5, method: "percentile" });
    if (found.kind !== "value") return;
    // Draws have few values: each end is the one at which their share passes the quantile, give or take what as many draws are off by.
    for (const [end, share] of [
      [found.low, 0.025],
      [found.high, 0.975],
    ] as const) {
      expect(below(end)).toBeLessThan(share + NOISE);
      expect(upTo(end)).toBeGreaterThan(share - NOISE);
    }
  });

  test("has no value where a run has no rows at all, and none of two problems", () => {
    const empty = PAIRS.map(({ first }) => ({ first, second: { sum: 0, n: 0 } }));
    expect(compareRatios(empty, { seed: 7 })).toEqual({ kind: "undefined", reason: "the data give no value" });
    expect(compareRatios(PAIRS.slice(0, 2), { seed: 7 }).kind).toBe("undefined");
  });
});
