// @needs nothing

import { describe, test } from "vitest";
import { chiSquareTail, normalBelow, normalQuantile, normalTwoSided } from "../../src/statistics/gamma-distribution.js";
import { tCritical } from "../../src/statistics/t-distribution.js";
import { close, reference } from "../support/study-statistics.js";

describe("distributions equal SciPy's, far into the tails", () => {
  test("the normal distribution", () => {
    for (const { z, below, two } of reference<{ z: number; below: number; two: number }[]>("normal")) {
      close(normalBelow(z), below);
      close(normalTwoSided(z), two);
    }
  });

  test("the normal quantile", () => {
    for (const { p, z } of reference<{ p: number; z: number }[]>("quantile")) close(normalQuantile(p), z);
  });

  test("the tail of chi-square", () => {
    for (const { x, df, p } of reference<{ x: number; df: number; p: number }[]>("chi2"))
      close(chiSquareTail(x, df), p);
  });

  test("the critical value of t", () => {
    for (const { p, df, t } of reference<{ p: number; df: number; t: number }[]>("tCritical"))
      close(tCritical(p, df), t);
  });
});
