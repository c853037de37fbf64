// @needs nothing

import { describe, expect, test } from "vitest";
import { correlationPower, largestCorrelation, mcnemarPower, mcnemarProblems } from "../../src/statistics/power.js";
import { close, reference } from "../support/study-statistics.js";

describe("power", () => {
  test("of McNemar's exact test equals the sum over all outcomes", () => {
    for (const { n, breaks, mends, power } of reference<{ n: number; breaks: number; mends: number; power: number }[]>(
      "mcnemarPower",
    ))
      close(mcnemarPower(n, { breaks, mends, alpha: 0.05 }), power);
  });

  test("the number of problems reaches its goal and stays there, and the one before does not", () => {
    const design = { breaks: 0.15, mends: 0.05, alpha: 0.05 };
    const n = mcnemarProblems({ ...design, power: 0.8 }) ?? 0;
    expect(mcnemarPower(n - 1, design)).toBeLessThan(0.8);
    for (let more = 0; more < 60; more++) expect(mcnemarPower(n + more, design)).toBeGreaterThanOrEqual(0.8);
    expect(mcnemarProblems({ breaks: 0.0502, mends: 0.05, alpha: 0.05, power: 0.8 })).toBeNull();
  });

  test("of r within position is about the level where there is nothing, and 1 where there is much", () => {
    const design = { baseline: 0.2, positions: 6, alpha: 0.05, seed: 1, simulations: 200, clustering: 0.2 };
    expect(correlationPower(40, { ...design, effect: 1e-9 }).power).toBeLessThan(0.12);
    expect(correlationPower(40, { ...design, effect: 0.5 }).power).toBe(1);
    // A 0/1 outcome of half and half reaches √(2/π) with a normal variable.
    expect(largestCorrelation(0.5)).toBeCloseTo(Math.sqrt(2 / Math.PI), 12);
  });
});
