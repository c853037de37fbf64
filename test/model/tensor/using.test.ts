/** What a script must free, `using` frees: tensors that it made itself, and the model. */
// @needs engine

import { expect, test } from "vitest";
import { at, CodiModel, hook, tf } from "../../../src/index.js";
import { loadTiny, questions } from "../../support/tiny.js";

const [question = ""] = questions;

test("a tensor ends with its block, also where the block throws, and freeing it twice does no harm", async () => {
  using _model = await loadTiny();
  const before = tf.memory().numTensors;
  const block = (fail: boolean): void => {
    using one = tf.tensor1d([1, 2]);
    using two: tf.Tensor = tf.mul(one, 2);
    expect(tf.memory().numTensors).toBe(before + 2);
    two.dispose();
    if (fail) throw new Error("no");
  };
  block(false);
  expect(tf.memory().numTensors).toBe(before);
  expect(() => block(true)).toThrow("no");
  expect(tf.memory().numTensors).toBe(before);
});

test("a tensor that hooks use outlives their runs, and a model frees its weights and nothing else", async () => {
  const empty = tf.memory().numTensors;
  let before = -1;
  {
    using first = await loadTiny();
    using shift = tf.fill([first.config.dModel], 0.5);
    before = tf.memory().numTensors;
    const hooks = [hook("blocks.8.hook_resid_post", at.latent(), (x) => tf.add(x, shift))];
    const runs = [await first.run(question, { hooks }), await first.run(question, { hooks })];
    expect(runs[1]?.answer.tokens).toEqual(runs[0]?.answer.tokens);
    expect(shift.isDisposed).toBe(false);
    expect(tf.memory().numTensors).toBe(before);
  }
  expect(before).toBeGreaterThan(empty + 1);
  expect(tf.memory().numTensors).toBe(empty);
  using again = await CodiModel.load("tiny-codi");
  expect(tf.memory().numTensors).toBe(before - 1);
  again.dispose();
});
