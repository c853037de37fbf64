/** A short run of `npm run simulate`: few data sets, so the bounds are wide. */
// @needs nothing

import { describe, expect, test } from "vitest";
import { clusteredCorrelation } from "../../src/statistics/clustered-correlation.js";
import { correlationInterval } from "../../src/statistics/correlation-interval.js";
import { permutationInterval } from "../../src/statistics/permutation.js";
import { randomSource } from "../../src/statistics/random-source.js";
import { measureSize } from "../simulations/size.js";
import { DESIGNS, simulateStudy } from "../simulations/studies.js";

const SETS = 150;
const share = (sizes: ReturnType<typeof measureSize>, test: string): number => {
  const size = sizes.find((each) => each.test === test);
  return size === undefined ? Number.NaN : size.rejected / size.defined;
};

describe("on simulated studies where attention tells nothing beyond position", () => {
  const pooled = "pooled r, p from t over rows";
  const valid = ["within position, whole problems exchanged", "two-way, whole problems exchanged"] as const;
  const sizes = measureSize(DESIGNS.original, 100, { sets: SETS, seed: 11, tests: [pooled, ...valid] });

  test("exchanging whole problems rejects in about 5 % of them", () => {
    // 5 % of 150 is 7.5; 16 or more have a chance of 0.4 %.
    for (const name of valid) expect(share(sizes, name), name).toBeLessThanOrEqual(15 / SETS);
  });

  test("the original study's p rejects in most of them", () => {
    expect(share(sizes, pooled)).toBeGreaterThan(0.6);
  });
});

test("where few answers break, the interval of r within problem is the wider one of bootstrap and exchanged positions", () => {
  const [rows] = simulateStudy(DESIGNS.rare, 100, randomSource(2));
  if (rows === undefined) throw new Error("no data set");
  const options = { seed: 1, draws: 499, permutations: 399 };
  const given = correlationInterval(rows, "within-problem", options);
  const alone = clusteredCorrelation(rows, "within-problem", options);
  const exchanged = permutationInterval(rows, { ...options, exchange: "positions-within-problem" });
  if (given.kind !== "value" || alone.kind !== "value" || exchanged.kind !== "value") throw new Error("not defined");
  expect(given.low).toBe(Math.min(alone.low, exchanged.low ?? 0));
  expect(given.high).toBe(Math.max(alone.high, exchanged.high ?? 0));
  // In this data set one end is the bootstrap's and the other is not.
  expect([(exchanged.low ?? 0) < alone.low, (exchanged.high ?? 0) < alone.high]).toEqual([true, true]);
});
