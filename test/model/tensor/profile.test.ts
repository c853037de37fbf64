/** Work of products in a profile, counted by their shapes; weights are there before it begins. */
// @needs engine

import { afterAll, beforeAll, expect, test } from "vitest";
import { startEngine } from "../../../src/model/tensor/engines/start.js";
import { headProducts, linear } from "../../../src/model/tensor/linear.js";
import { matMul } from "../../../src/model/tensor/ops.js";
import { type Profile, startProfile } from "../../../src/model/tensor/profile.js";
import { type Tensor2D, type Tensor4D, tf } from "../../../src/model/tensor/tf.js";

let large: Tensor2D;
let small: Tensor2D;

beforeAll(async () => {
  await startEngine("auto");
  [large, small] = [tf.zeros([1024, 2048]), tf.zeros([24, 24])];
  // The engine takes a tensor over when it is first used.
  tf.tidy(() => void [linear(large, tf.zeros([2048, 1])), linear(small, small)]);
});

afterAll(() => tf.dispose([large, small]));

/** The operations that a product is profiled with. */
function flopsOf(multiply: () => tf.Tensor): number[] {
  const stop = startProfile();
  let profile: Profile | undefined;
  try {
    tf.tidy(() => void multiply());
  } finally {
    profile = stop?.();
  }
  return (profile?.calls ?? []).flatMap(({ flops }) => (flops === 0 ? [] : [flops]));
}

test.each([1, 8, 32, 300])("a large weight with %i columns", (columns) => {
  expect(flopsOf(() => linear(large, tf.zeros([2048, columns])))).toEqual([2 * 1024 * 2048 * columns]);
});

test("a small weight, from either side", () => {
  expect(flopsOf(() => linear(small, tf.zeros([24, 5])))).toEqual([2 * 24 * 24 * 5]);
  expect(flopsOf(() => matMul(tf.zeros([3, 24]) as Tensor2D, small))).toEqual([2 * 3 * 24 * 24]);
});

test.each([true, false])("products of heads, the right factor transposed: %s", (transposeB) => {
  const heads = (beside: Tensor2D): Tensor4D =>
    headProducts(tf.zeros([2, 4, 3, 8]), tf.zeros(transposeB ? [2, 4, 5, 8] : [2, 4, 8, 5]), { beside, transposeB });
  for (const beside of [large, small]) expect(flopsOf(() => heads(beside))).toEqual([2 * (2 * 4) * 3 * 8 * 5]);
});

test("a product of two weights has no work that is known", () => {
  expect(() => flopsOf(() => matMul(small, small))).toThrow("MatMul of two tensors from before the profile");
});
