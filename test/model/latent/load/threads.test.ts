/** Threads by the size of the model. */
// @needs engine, process

import { expect, test } from "vitest";
import { CodiModel } from "../../../../src/index.js";
import { threadsFor } from "../../../../src/model/latent/load/threads.js";

test("one for matrices that are done before another thread is awake, the engine's choice for others", () => {
  expect(threadsFor({ dModel: 64, dMlp: 192 })).toBe(1);
  expect(threadsFor({ dModel: 256, dMlp: 768 })).toBe(1);
  expect(threadsFor({ dModel: 512, dMlp: 1536 })).toBeUndefined();
  expect(threadsFor({ dModel: 2048, dMlp: 8192 })).toBeUndefined();
});

test("a model that is loaded starts the engine with as many, and graphs run in its own, as the commands do", async () => {
  const names = ["TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"];
  for (const name of names) delete process.env[name];
  using model = await CodiModel.load("tiny-codi");
  const { dModel, dMlp } = model.config;
  expect(threadsFor({ dModel, dMlp })).toBe(1);
  expect(names.map((name) => process.env[name])).toEqual(["1", "-1"]);
});

test.each([0, 1.5, Number.NaN])("%d threads are refused before the engine is started", async (threads) => {
  await expect(CodiModel.load("tiny-codi", { threads })).rejects.toThrow(
    `threads is ${threads}, wanted a whole number of at least 1`,
  );
});
