// @needs nothing

import { describe, expect, test } from "vitest";
import { heldOut } from "../../src/statistics/held-out-ridge.js";
import { linearProbe } from "../../src/statistics/linear-probe.js";
import { randomSource } from "../../src/statistics/random-source.js";
import { regression } from "../../src/statistics/regression.js";
import { close, reference } from "../support/study-statistics.js";

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

describe("heldOut() and linearProbe()", () => {
  const cases =
    reference<
      {
        x: number[];
        width: number;
        y: number[];
        fold: number[];
        folds: number;
        penalties: number[];
        chosen: number[];
        r2: number;
      }[]
    >("probe");

  test.each(cases)("$width features, $folds folds, penalties $penalties: held-out R² and chosen penalties", (given) => {
    const { x, width, y, fold, folds, penalties, chosen, r2 } = given;
    const features = { rows: y.length, width, values: Float64Array.from(x) };
    const labels = [y, y.map((each) => 7 - 2 * each)].map((each) => Float64Array.from(each));
    for (const found of heldOut(features, labels, { fold, folds, penalties })) {
      expect(found?.penalties).toEqual(chosen);
      const [error = 0, distance = 1] = [0, 1].map((part) =>
        found?.errors.filter((_, at) => at % 2 === part).reduce((sum, each) => sum + each, 0),
      );
      expect(Math.abs(1 - error / distance - r2)).toBeLessThan(1e-9);
    }
    const same = { ...features, values: Float64Array.from(x, (_, at) => x[at % width] ?? 0) };
    expect(heldOut(same, labels, { fold, folds, penalties })).toEqual([null, null]);
  });

  test("noise: of 200 probes hardly any interval lies above 0, and R² is below 0 on average", () => {
    const random = randomSource(11);
    const [problems, width] = [50, 20];
    const found = Array.from({ length: 200 }, (_, seed) => {
      const values = Float64Array.from({ length: problems * width }, () => random.normal());
      const y = Float64Array.from({ length: problems }, () => random.normal());
      const x = { rows: problems, width, values };
      const problem = Array.from(y, (_, row) => `${row}`);
      const result = linearProbe({ x, y, problem }, { seed, shuffles: 0, draws: 299 });
      if (result.kind === "undefined" || result.r2.kind === "undefined") throw new Error("not defined");
      return result.r2;
    });
    expect(found.filter(({ low }) => low > 0).length).toBeLessThanOrEqual(5);
    expect(found.reduce((sum, { value }) => sum + value, 0) / 200).toBeLessThan(0);
    expect(Math.max(...found.map(({ value }) => value))).toBeLessThan(0.4);
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
    const flat = { ...x, values: x.values.map(() => 2) };
    expect(linearProbe({ x: flat, y, problem }, { seed: 1 })).toMatchObject({ reason: /features do not differ/ });
    expect(linearProbe({ x, y, problem: problem.map((_, i) => String(i % 5)) }, { seed: 1 })).toMatchObject({
      reason: /5 problems, at least 10/,
    });
  });
});
