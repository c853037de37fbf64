import { describe, expect, test } from "vitest";
import { heldOut, linearProbe } from "../../../src/analysis/statistics/linear-probe.js";
import { randomSource } from "../../../src/analysis/statistics/random.js";
import { regression } from "../../../src/analysis/statistics/regression.js";
import { ridge } from "../../../src/analysis/statistics/ridge.js";
import { close, reference } from "../../support/study-statistics.js";

describe("regression()", () => {
  const given = reference<
    Record<"x1" | "x2" | "y" | "params" | "errors" | "p" | "interval", number[]> & { groups: string[]; r2: number }
  >("regression");

  test("equals statsmodels with errors clustered by problem", () => {
    const result = regression(given.y, { x1: given.x1, x2: given.x2 }, given.groups);
    if (result.kind === "undefined") throw new Error(result.reason);
    close(result.r2, given.r2);
    for (const [i, each] of result.coefficients.entries()) {
      close(each.value, given.params[i]);
      close(each.standardError, given.errors[i]);
      close(each.low, given.interval[2 * i]);
      close(each.p.kind === "value" ? each.p.p : undefined, given.p[i]);
    }
  });

  test("columns that follow from each other, a constant outcome and few problems have a reason", () => {
    const { x1, y, groups } = given;
    expect(regression(y, { x1, twice: x1.map((each) => 2 * each) }, groups)).toMatchObject({
      reason: /follows from the others/,
    });
    expect(
      regression(
        y.map(() => 1),
        { x1 },
        groups,
      ),
    ).toMatchObject({ reason: "the outcome is constant" });
    const few = regression(y.slice(0, 40), { x1: x1.slice(0, 40) }, groups.slice(0, 40));
    expect(few.kind === "value" ? few.coefficients[1]?.p : null).toEqual({
      kind: "undefined",
      reason: "10 problems, at least 30 are needed for a p",
    });
  });
});

describe("ridge() and linearProbe()", () => {
  const cases =
    reference<{ x: number[]; width: number; y: number[]; penalty: number; weights: number[]; intercept: number }[]>(
      "ridge",
    );
  const features = ({ x, width }: { x: number[]; width: number }) => ({
    rows: x.length / width,
    width,
    values: Float64Array.from(x),
  });

  test.each(cases)("closed form over features or rows, penalty $penalty", (given) => {
    const x = features(given);
    const [fit] = ridge(
      x,
      Float64Array.from(given.y),
      Array.from({ length: x.rows }, (_, i) => i),
      [given.penalty],
    );
    for (const [i, weight] of given.weights.entries())
      expect(Math.abs((fit?.weights[i] ?? Number.NaN) - weight)).toBeLessThan(1e-9);
    close(fit?.intercept, given.intercept);
  });

  test("held-out R² and the penalties that inner folds choose equal the reference", () => {
    const { fold, penalties, chosen, r2 } = reference<{
      fold: number[];
      penalties: number[];
      chosen: number[];
      r2: number;
    }>("probe");
    const [given] = cases;
    if (given === undefined) throw new Error("no case");
    const run = {
      x: features(given),
      y: Float64Array.from(given.y),
      problem: Int32Array.from(given.y, (_, i) => i >> 1),
      fold: Int32Array.from(fold),
      folds: 3,
      penalties,
    };
    const result = heldOut(run);
    expect(result?.chosen.map((i) => penalties[i])).toEqual(chosen);
    const [error = 0, distance = 1] = [0, 1].map((part) =>
      result?.errors.filter((_, at) => at % 2 === part).reduce((sum, each) => sum + each, 0),
    );
    close(1 - error / distance, r2);
  });

  test("what is there is found and shuffled labels find nothing; a constant and few problems have a reason", () => {
    const random = randomSource(3);
    const [problems, width] = [40, 5];
    const x = {
      rows: 2 * problems,
      width,
      values: Float64Array.from({ length: 2 * problems * width }, () => random.normal()),
    };
    const y = Float64Array.from(
      { length: 2 * problems },
      (_, row) => (x.values[row * width] ?? 0) + 0.3 * random.normal(),
    );
    const problem = Array.from(y, (_, row) => `p${row >> 1}`);
    const result = linearProbe({ x, y, problem }, { seed: 1, draws: 499 });
    if (result.kind === "undefined") throw new Error(result.reason);
    expect(result.r2.kind === "value" && result.r2.low > 0.7).toBe(true);
    expect(result.control?.p).toBeCloseTo(1 / 21, 12);
    expect(Math.max(...(result.control?.r2 ?? [1]))).toBeLessThan(0.3);
    expect(linearProbe({ x, y: y.map(() => 2), problem }, { seed: 1 })).toMatchObject({ reason: /is constant/ });
    expect(linearProbe({ x, y, problem: problem.map((_, i) => String(i % 5)) }, { seed: 1 })).toMatchObject({
      reason: /5 problems, at least 10/,
    });
  });
});
