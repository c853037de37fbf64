/** What is measured of steps does not depend on the memory that a run's rows need: a large model's counts are as many as a small one's. */
// @needs engine

import { afterAll, expect, test } from "vitest";
import { tf } from "../../../src/index.js";
import { TRIED_ROWS } from "../../../src/model/latent/plan/step-rates.js";
import { loadTiny } from "../../support/tiny.js";

const loaded = loadTiny();
afterAll(async () => (await loaded).dispose());

test("at least the counts up to 64 rows are measured, and no tensor is left over", async () => {
  const model = await loaded;
  // Answers so long that a run has memory for few rows.
  expect(model.limits({ maxNewTokens: 200_000 }).rows).toBeLessThan(8);
  const before = tf.memory().numTensors;
  const rates = await model.measureSteps();
  expect(tf.memory().numTensors).toBe(before);
  expect(rates.map(({ rows }) => rows)).toEqual(TRIED_ROWS.slice(0, rates.length));
  expect(rates.length).toBeGreaterThanOrEqual(4);
  for (const { forwardMs, headMs } of rates) expect(Math.min(forwardMs, headMs)).toBeGreaterThan(0);
});
