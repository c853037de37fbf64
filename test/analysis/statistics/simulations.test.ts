/** A short run of `npm run simulate`: few data sets, so the bounds are wide. */

import { describe, expect, test } from "vitest";
import { measureSize } from "../../simulations/size.js";
import { DESIGNS } from "../../simulations/studies.js";

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
