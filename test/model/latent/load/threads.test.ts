/** Threads by the size of the model. */
// @needs nothing

import { expect, test } from "vitest";
import { threadsFor } from "../../../../src/model/latent/load/threads.js";

test("one for matrices that are done before another thread is awake, the engine's choice for others", () => {
  expect(threadsFor({ dModel: 64, dMlp: 192 })).toBe(1);
  expect(threadsFor({ dModel: 256, dMlp: 768 })).toBe(1);
  expect(threadsFor({ dModel: 512, dMlp: 1536 })).toBeUndefined();
  expect(threadsFor({ dModel: 2048, dMlp: 8192 })).toBeUndefined();
});
