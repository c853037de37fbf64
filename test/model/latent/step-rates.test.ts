/** What is measured of steps: from one row up, and nothing is left over. */
// @needs engine

import { afterAll, expect, test } from "vitest";
import { tf } from "../../../src/index.js";
import { TRIED_ROWS } from "../../../src/model/latent/plan/step-rates.js";
import { loadTiny } from "../../support/tiny.js";

const loaded = loadTiny();
afterAll(async () => (await loaded).dispose());

test("at least the counts up to 64 rows are measured, and no tensor is left over", async () => {
  const model = await loaded;
  const before = tf.memory().numTensors;
  const rates = await model.measureSteps();
  expect(tf.memory().numTensors).toBe(before);
  expect(rates.map(({ rows }) => rows)).toEqual(TRIED_ROWS.slice(0, rates.length));
  expect(rates.length).toBeGreaterThanOrEqual(4);
  for (const { forwardMs, headMs } of rates) expect(Math.min(forwardMs, headMs)).toBeGreaterThan(0);
});
