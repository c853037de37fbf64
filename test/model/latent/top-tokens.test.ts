/** The best tokens of logits, of the whole vocabulary and part by part. */
// @needs engine

import { beforeAll, expect, test } from "vitest";
import { readTop, topOfPart, topOfParts } from "../../../src/model/latent/run/top-tokens.js";
import { startEngine } from "../../../src/model/tensor/engines/start.js";
import { concat, split } from "../../../src/model/tensor/ops.js";
import { type Tensor2D, tf } from "../../../src/model/tensor/tf.js";
import { logitsOf, ROWS } from "../../support/kernel-shapes.js";

const CELLS = 19;
const PARTS = [100, 3, 120, 77];

beforeAll(() => startEngine("native"));

function partByPart(logits: Tensor2D, k: number): Tensor2D {
  return tf.tidy(() => {
    const parts = split(logits, { sizes: PARTS, axis: 0 }) as Tensor2D[];
    return concat(
      parts.map((part) => topOfPart(part, k)),
      0,
    );
  });
}

test.each([1, 2, 5])("the %d best are those of the whole, in the same order where some are equal", async (k) => {
  const logits = tf.tensor2d(logitsOf(CELLS), [ROWS, CELLS]);
  const whole = await readTop(logits, k);
  const parts = await topOfParts(partByPart(logits, k), { k, rows: PARTS });
  expect(parts.map(({ ids, logits: values }) => ({ ids, values }))).toEqual(
    whole.map(({ ids, logits: values }) => ({ ids, values })),
  );
  for (const [cell, { logSumExp }] of parts.entries())
    expect(Math.abs(logSumExp - (whole[cell]?.logSumExp ?? Number.NaN))).toBeLessThan(1e-5);
  logits.dispose();
});

test("a part of which nothing can be said counts for nothing", async () => {
  const numbers = logitsOf(CELLS);
  // The second and the third part.
  numbers.fill(Number.NEGATIVE_INFINITY, 100 * CELLS, 223 * CELLS);
  const logits = tf.tensor2d(numbers, [ROWS, CELLS]);
  const tops = await topOfParts(partByPart(logits, 2), { k: 2, rows: PARTS });
  const whole = await readTop(logits, 2);
  for (const [cell, { ids, logSumExp }] of tops.entries()) {
    expect(ids).toEqual(whole[cell]?.ids);
    expect(Math.abs(logSumExp - (whole[cell]?.logSumExp ?? Number.NaN))).toBeLessThan(1e-5);
  }
  logits.dispose();
});

test("a cell with NaN or infinity has no sum, and the others have theirs", async () => {
  const numbers = logitsOf(CELLS);
  // In the second part, and in the last one.
  numbers[101 * CELLS + 4] = Number.NaN;
  numbers[299 * CELLS + 17] = Number.POSITIVE_INFINITY;
  const logits = tf.tensor2d(numbers, [ROWS, CELLS]);
  const tops = await topOfParts(partByPart(logits, 2), { k: 2, rows: PARTS });
  expect(tops.flatMap(({ logSumExp }, cell) => (Number.isFinite(logSumExp) ? [] : [cell]))).toEqual([4, 17]);
  logits.dispose();
});
