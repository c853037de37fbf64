// @needs nothing

import { describe, expect, test } from "vitest";
import { shapley } from "../../src/statistics/shapley.js";
import { close, reference } from "../support/study-statistics.js";

const { worth, values, interactions } = reference<{
  worth: number[][];
  values: number[];
  interactions: Record<string, number>;
}>("shapley");
const options = { seed: 1, draws: 99 };

describe("shapley()", () => {
  const result = shapley(worth, 6, options);

  test("equals the mean over all 720 orders, and adds up to the whole", () => {
    for (const [i, each] of result.values.entries()) close(each.kind === "value" ? each.value : undefined, values[i]);
    const sum = result.values.reduce((all, each) => all + (each.kind === "value" ? each.value : Number.NaN), 0);
    expect(sum).toBeCloseTo(result.total.kind === "value" ? result.total.value : Number.NaN, 12);
  });

  test("interactions equal the weighted sum over subsets; alone and among all are its two ends", () => {
    expect(result.interactions).toHaveLength(15);
    for (const { players, shapley: index } of result.interactions)
      close(index.kind === "value" ? index.value : undefined, interactions[players.join(",")]);
    const [first] = result.interactions;
    const mean = (f: (table: number[]) => number): number =>
      worth.reduce((sum, table) => sum + f(table), 0) / worth.length;
    const at = (table: number[], set: number): number => table[set] ?? Number.NaN;
    close(
      first?.alone.kind === "value" ? first.alone.value : undefined,
      mean((t) => at(t, 3) - at(t, 1) - at(t, 2) + at(t, 0)),
    );
    close(
      first?.amongAll.kind === "value" ? first.amongAll.value : undefined,
      mean((t) => at(t, 63) - at(t, 62) - at(t, 61) + at(t, 60)),
    );
  });

  test("a player that adds nothing has 0, two that need each other share, and their interaction says so", () => {
    const both = Array.from({ length: 5 }, () => Array.from({ length: 8 }, (_, set) => ((set & 3) === 3 ? 1 : 0)));
    const { values: each, interactions: pairs } = shapley(both, 3, options);
    expect(each.map((one) => (one.kind === "value" ? one.value : null))).toEqual([
      expect.closeTo(0.5, 12),
      expect.closeTo(0.5, 12),
      expect.closeTo(0, 12),
    ]);
    expect(pairs[0]).toMatchObject({ players: [0, 1], shapley: { value: expect.closeTo(1, 12) } });
  });

  test("a table with a gap is refused, two problems have no interval", () => {
    expect(() => shapley([[1, 2, Number.NaN, 4]], 2, options)).toThrow(/problem 0.*4 finite numbers/);
    expect(shapley(worth.slice(0, 2), 6, options).values[0]).toEqual({
      kind: "undefined",
      reason: "2 problems, at least 3 are needed",
    });
  });
});
