// @needs engine

import { expect, test } from "vitest";
import { withGradients } from "../../../src/model/tensor/engine.js";
import { startEngine } from "../../../src/model/tensor/engines/start.js";
import { linear } from "../../../src/model/tensor/linear.js";
import { type Tensor2D, tf } from "../../../src/model/tensor/tf.js";

test("withGradients() gives linear() a gradient: d sum(W x) / dx is the column sums of W", async () => {
  await startEngine("native");
  const weight = tf.tensor2d([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  const x = tf.tensor2d([[0.5], [-1], [2]]);
  const gradient = withGradients(() => tf.grad((v) => tf.sum(linear(weight, v as Tensor2D)))(x)) as Tensor2D;
  expect([...gradient.dataSync()]).toEqual([5, 7, 9]);
  tf.dispose([weight, x, gradient]);
});
