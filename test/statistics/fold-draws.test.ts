/** Held-out R² under several draws of folds: every draw as NumPy computes it from the seed alone, and the median where one draw is far out. */
// @needs nothing

import { describe, expect, test } from "vitest";
import { foldDraws, spreadOf, WIDEST } from "../../src/statistics/fold-draws.js";
import { linearProbe, type ProbeOptions } from "../../src/statistics/linear-probe.js";
import { PROBE_DRAWS, type ProbeCase } from "../support/probe-draws.js";

const { folds, cases } = PROBE_DRAWS;
const [noisy, steady] = cases;

function probeOf(given: ProbeCase, options: Partial<ProbeOptions>) {
  const x = { rows: given.y.length, width: given.width, values: Float64Array.from(given.x) };
  const problem = given.y.map((_, row) => `${row}`);
  const data = { x, y: Float64Array.from(given.y), problem };
  const found = linearProbe(data, { seed: given.seed, shuffles: 3, draws: 199, ...options });
  if (found.kind === "undefined" || found.r2.kind === "undefined") throw new Error("not defined");
  return { ...found, value: found.r2.value };
}

describe("draws of folds", () => {
  test.each(Object.entries(folds))(
    "seed %s: the folds of 23 problems are those that the documented draw gives",
    (seed, expected) => {
      const drawn = foldDraws(23, { folds: 5, draws: expected.length, seed: Number(seed) });
      expect(drawn.map((fold) => [...fold])).toEqual(expected);
    },
  );

  test.each(cases)("$name: every draw's R², the median, its penalties and the spread", (given) => {
    const { draws, penalties, value } = probeOf(given, { foldDraws: given.r2.length });
    expect(draws.r2).toHaveLength(given.r2.length);
    const ours = [...draws.r2, draws.least, ...draws.quartiles, draws.greatest, value];
    const theirs = [...given.r2, given.least, ...given.quartiles, given.greatest, given.r2[given.median] ?? Number.NaN];
    for (const [i, each] of ours.entries()) expect(Math.abs(each - (theirs[i] ?? Number.NaN))).toBeLessThan(1e-8);
    expect(draws.median).toBe(given.median);
    expect(penalties).toEqual(given.penaltiesOfMedian);
    expect(draws.isSteady).toBe(given.quartiles[1] - given.quartiles[0] <= WIDEST);
  });

  test.each(cases)("$name: one draw is the first of several", (given) => {
    const one = probeOf(given, {});
    expect(one.draws.r2).toEqual(probeOf(given, { foldDraws: 3 }).draws.r2.slice(0, 1));
    expect(Math.abs(one.value - (given.r2[0] ?? Number.NaN))).toBeLessThan(1e-8);
  });

  test("a first draw that is far out does not carry the median, and the cell is marked; a steady one is not", () => {
    const found = probeOf(noisy, { foldDraws: 11 });
    expect(found.draws.r2[0]).toBeLessThan(-1);
    expect(found.value).toBeGreaterThan(-0.1);
    expect(found.draws.isSteady).toBe(false);
    expect(probeOf(steady, { foldDraws: 5 }).draws.isSteady).toBe(true);
  });

  test("the interval and the shuffled labels are those of the median draw", () => {
    const found = probeOf(noisy, { foldDraws: 11 });
    if (found.r2.kind === "undefined") throw new Error(found.r2.reason);
    expect(found.r2.value).toBe(found.draws.r2[found.draws.median]);
    expect(found.r2.low).toBeLessThan(found.r2.value);
    expect(found.r2.high).toBeGreaterThan(found.r2.value);
    expect(found.control?.r2).toHaveLength(3);
    expect(Math.max(...(found.control?.r2 ?? [1]))).toBeLessThan(0.3);
  });

  test("equal draws stand in their order, and the middle one is the median", () => {
    expect(spreadOf([0.5, 0.1, 0.1, 0.1, 0])).toMatchObject({
      median: 2,
      least: 0,
      quartiles: [0.1, 0.1],
      greatest: 0.5,
    });
  });
});
