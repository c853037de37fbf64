// @needs nothing

import { describe, expect, test } from "vitest";
import { signFlipTest } from "../../src/statistics/paired-runs.js";
import { type Exchange, permutationInterval, permutationTest } from "../../src/statistics/permutation.js";
import { randomSource } from "../../src/statistics/random-source.js";
import { close, grid, reference } from "../support/study-statistics.js";

interface Case {
  exchange: Exchange;
  twoWay: boolean;
  x: number[];
  y: number[];
  positions: number;
  p: number;
  count: number;
}

describe("permutationTest()", () => {
  test.each(reference<Case[]>("permutation"))(
    "$exchange (two-way: $twoWay): all $count permutations give the enumerated p",
    ({ x, y, positions, p, count, ...options }) => {
      const result = permutationTest(grid(x, y, positions), options.exchange, { seed: 1, twoWay: options.twoWay });
      expect(result).toMatchObject({ kind: "value", permutations: count, exact: true });
      close(result.kind === "value" ? result.p : undefined, p);
    },
  );

  test("drawn permutations come to the enumerated p", () => {
    const random = randomSource(4);
    // Eight problems: 40,320 orders are too many to run through, and the first eight share of them are known by their mean.
    const x = Array.from({ length: 8 }, () => random.normal());
    const y = x.map((each, i) => each + (i % 2 === 0 ? 1.5 : -1.5));
    const few = permutationTest(grid(x, y, 1), "whole-problems", { seed: 1, permutations: 20_000 });
    const again = permutationTest(grid(x, y, 1), "problems-within-position", { seed: 9, permutations: 20_000 });
    expect(few).toMatchObject({ exact: false, permutations: 20_000 });
    expect(few.kind === "value" && again.kind === "value" && Math.abs(few.p - again.p)).toBeLessThan(0.015);
  });

  test("a perfect match has the smallest p there is, (0 + 1) / (m + 1) up to chance ties, never 0", () => {
    const x = Array.from({ length: 40 }, (_, i) => i);
    const result = permutationTest(grid(x, x, 1), "whole-problems", { seed: 1, permutations: 999 });
    expect(result).toMatchObject({ p: 1 / 1000 });
  });

  test.each([
    [grid([1, 2, 3, 4], [0, 1, 1, 0], 2), "2 problems, at least 3 are needed"],
    [grid(new Array(9).fill(0.7), [0, 1, 0, 0, 0, 1, 1, 0, 0], 3), "attention is constant"],
    [grid([1, 2, 3, 4, 5, 6, 7, 8, 1], new Array(9).fill(0), 3), "importance is constant"],
  ])("what cannot be tested has a reason", (rows, reason) => {
    for (const exchange of ["whole-problems", "positions-within-problem", "problems-within-position"] as const)
      expect(permutationTest(rows, exchange, { seed: 1 })).toEqual({ kind: "undefined", reason });
  });

  test("ties everywhere: every permutation is as extreme, and p is 1", () => {
    const rows = grid([1, 0, 0, 1, 1, 0], [0, 0, 0, 0, 1, 1], 2);
    const result = permutationTest(rows, "positions-within-problem", { seed: 1 });
    expect(result).toEqual({ kind: "undefined", reason: "importance is constant" });
    const tied = grid([1, 0, 1, 0, 1, 0], [1, 0, 0, 1, 1, 0], 2);
    // Sums of ±1/2 over three problems: 2 of 8 patterns are further out than the one seen.
    expect(permutationTest(tied, "positions-within-problem", { seed: 1 })).toEqual({
      kind: "value",
      p: 1,
      permutations: 8,
      exact: true,
    });
  });
});

describe("permutationInterval()", () => {
  test("is about 1.96 / √(n − 1) wide on Fisher's scale for plain normal data", () => {
    const random = randomSource(2);
    const [x, y] = [0, 1].map(() => Array.from({ length: 400 }, () => random.normal()));
    const result = permutationInterval(grid(x ?? [], y ?? [], 1), { seed: 1 });
    const width = result.kind === "value" ? Math.atanh(result.high ?? 0) - Math.atanh(result.low ?? 0) : 0;
    expect(Math.abs(width / ((2 * 1.96) / Math.sqrt(399)) - 1)).toBeLessThan(0.05);
  });
});

describe("signFlipTest()", () => {
  test("all sign patterns give the enumerated p", () => {
    const { differences, p } = reference<{ differences: number[]; p: number }>("signFlip");
    const result = signFlipTest(differences, { seed: 1 });
    expect(result).toMatchObject({ exact: true, permutations: 64 });
    close(result.kind === "value" ? result.p : undefined, p);
  });

  test("no difference at all has a reason", () => {
    expect(signFlipTest([0, 0, 0, 0], { seed: 1 })).toEqual({ kind: "undefined", reason: "no problem differs" });
  });
});
