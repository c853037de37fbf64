/** Statistics of rounds, against values worked out by hand. */
// @needs nothing

import { describe, expect, test } from "vitest";
import { differing, exponentOf, median, orderOf, ratioOf, spreadOf } from "../../bench/statistics.mjs";

describe("statistics of rounds", () => {
  test("the median of an even number of rounds is the mean of the two middle ones, whatever their order", () => {
    expect(median([9, 1, 4, 2])).toBe(3);
    expect(median([5, 100, 1])).toBe(5);
    expect(() => median([])).toThrow(/no values/);
  });

  test("a spread keeps the extremes", () => {
    expect(spreadOf([3, 1, 2])).toEqual({ median: 2, least: 1, most: 3 });
  });

  test("ratios are taken within rounds, so that a machine that slows down for a while changes none", () => {
    const ours = [1, 10, 1];
    expect(ratioOf([2, 20, 2], ours)).toEqual({ median: 2, least: 2, most: 2 });
    // The ratio of medians would be the same as if the rounds were not paired.
    expect(ratioOf([10, 20, 2], ours).median).toBe(2);
    expect(() => ratioOf([1], [1, 2])).toThrow(/1 rounds and 2/);
  });

  test("the exponent of y = 5 x^1.5 is 1.5, of a constant 0, of one size an error", () => {
    const points = [1, 10, 100].map((x) => ({ x, y: 5 * x ** 1.5 }));
    expect(exponentOf(points)).toBeCloseTo(1.5, 12);
    expect(exponentOf([1, 2, 4].map((x) => ({ x, y: 3 })))).toBeCloseTo(0, 12);
    expect(() => exponentOf([{ x: 2, y: 1 }])).toThrow(/two sizes/);
  });

  test("each contender begins once in as many rounds as there are contenders, the warm-up's order among them", () => {
    const names = ["a", "b", "c"];
    expect([-1, 0, 1, 2].map((round) => orderOf(names, round)[0])).toEqual(["c", "a", "b", "c"]);
    expect(orderOf(names, 1)).toEqual(["b", "c", "a"]);
  });

  test("tokens are compared one by one at any depth, and missing ones count as others", () => {
    expect(differing([[1, 2], [3]], [[1, 2], [3]])).toEqual({ of: 3, differ: 0 });
    expect(differing([1, 2, 3], [1, 9])).toEqual({ of: 3, differ: 2 });
    expect(differing(undefined, [1])).toEqual({ of: 0, differ: 0 });
  });
});
