// @needs nothing

import { describe, expect, test } from "vitest";
import { clusteredCorrelation } from "../../src/statistics/clustered-correlation.js";
import { clusteredRows, completeProblems } from "../../src/statistics/clustered-rows.js";
import { correlationInterval } from "../../src/statistics/correlation-interval.js";
import { partialCorrelation } from "../../src/statistics/partial-correlation.js";
import { close, grid, reference } from "../support/study-statistics.js";

const given = reference<Record<"x" | "y", number[]> & { positions: number } & Record<string, number>>("clustered");
const rows = grid(given.x, given.y, given.positions);

describe("clusteredCorrelation()", () => {
  test.each([
    ["pooled", given["pooled"]],
    ["within-position", given["withinPosition"]],
    ["within-problem", given["withinProblem"]],
    ["two-way", given["twoWay"]],
  ] as const)("%s r equals Pearson's of the centred rows", (centring, expected) => {
    for (const method of ["studentized", "percentile"] as const) {
      const result = clusteredCorrelation(rows, centring, { seed: 1, draws: 99, method });
      close(result.kind === "value" ? result.value : undefined, expected);
    }
  });

  test.each([
    [
      "constant attention",
      grid(new Array(12).fill(0.1), [0, 1, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1], 3),
      "attention is constant",
    ],
    [
      "constant importance",
      grid([1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 4], new Array(12).fill(1), 3),
      "importance is constant",
    ],
    [
      "importance by position alone",
      grid([1, 2, 3, 4, 5, 6, 7, 8, 9], [0, 1, 0, 0, 1, 0, 0, 1, 0], 3),
      "importance is constant",
    ],
    ["two problems", grid([1, 2, 3, 4], [0, 1, 1, 0], 2), "2 problems, at least 3 are needed"],
    ["two rows", grid([1, 2], [0, 1], 1), "2 points, at least 3 are needed"],
  ])("%s: a reason, no number", (_, some, reason) => {
    expect(correlationInterval(some, "within-position", { seed: 1, draws: 99, permutations: 99 })).toEqual({
      kind: "undefined",
      reason,
    });
  });

  test("a constant of any size is told from a variable that hardly varies", () => {
    const y = [0, 1, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1];
    const hardly = y.map((_, i) => 1e6 + 1e-4 * Math.sin(i));
    expect(clusteredCorrelation(grid(hardly, y, 3), "within-problem", { seed: 1, draws: 99 }).kind).toBe("value");
    expect(
      clusteredCorrelation(
        grid(
          y.map(() => 0.1 + 0.2),
          y,
          3,
        ),
        "within-problem",
        { seed: 1, draws: 99 },
      ).kind,
    ).toBe("undefined");
  });

  test("two-way r leaves out problems with a position missing, and rows keep their order", () => {
    const some = clusteredRows([
      { problem: "b", position: 5, x: 3, y: 1 },
      { problem: "a", position: 0, x: 1, y: 0 },
      { problem: "b", position: 0, x: 2, y: 0 },
    ]);
    expect(completeProblems(some)).toMatchObject({ problems: 1, positions: 2, x: Float64Array.of(2, 3) });
    expect(() => clusteredRows([{ problem: "a", position: 0, x: Number.NaN, y: 0 }])).toThrow(/not a finite number/);
  });
});

describe("partialCorrelation()", () => {
  const { x1, x2, y, groups } = reference<{ x1: number[]; x2: number[]; y: number[]; groups: string[] }>("regression");
  const { positions, r } = reference<{ positions: number[]; r: number }>("partial");
  const partial = x1.map((x, i) => ({
    problem: groups[i] ?? "",
    x,
    y: y[i] ?? 0,
    position: positions[i] ?? 0,
    covariates: [x2[i] ?? 0],
  }));

  test("equals r of the residuals on position and covariate", () => {
    const result = partialCorrelation(partial, { seed: 1, draws: 199 });
    close(result.kind === "value" ? result.value : undefined, r);
  });

  test("x that follows from the covariates, and x that is constant, have a reason", () => {
    const follows = partial.map((row) => ({ ...row, x: 2 * (row.covariates[0] ?? 0) + row.position }));
    expect(partialCorrelation(follows, { seed: 1, draws: 99 })).toMatchObject({
      reason: "x or y follows from what is held fixed",
    });
    expect(
      partialCorrelation(
        partial.map((row) => ({ ...row, x: 0.3 })),
        { seed: 1 },
      ),
    ).toMatchObject({ reason: "x is constant" });
  });
});
