/** Steps worked out of an equation, against Python's `decimal`. */
// @needs nothing

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { equationSteps } from "../../src/experiments/problems/equation-steps.js";

const { worked } = JSON.parse(readFileSync("test/fixtures/plain-numbers.json", "utf8")) as {
  worked: { equation: string; value: number; text: string }[];
};

test.each(worked)("$equation keeps all its digits and no exponent", ({ equation, value, text }) => {
  const steps = equationSteps(equation);
  expect(steps?.values).toEqual([value]);
  expect(steps?.equations[0]?.split("=")[1]).toBe(text);
});

test("what is beyond double precision is unknown, and so is what goes on with it", () => {
  const steps = equationSteps(`((${"9".repeat(400)} + 1) * 2)`);
  expect(steps?.values).toEqual([null, null]);
});
