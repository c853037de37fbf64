/** Ops and blocks as one call on a build that has no kernels of ours: the same tests, and the formulas that such a build writes out. */
// @needs engine, process, time

import { beforeAll, expect, test } from "vitest";
import { currentEngine } from "../../../../src/model/tensor/engine.js";
import { startEngine } from "../../../../src/model/tensor/engines/start.js";
import { softmax } from "../../../../src/model/tensor/formulas.js";
import { tf } from "../../../../src/model/tensor/tf.js";

// Before the engine is loaded, which the tests below do.
process.env["CODILENS_KERNELS"] = "none";
beforeAll(() => startEngine("native"));

await import("./one-call.test.js");
await import("../../decoder/block-calls.test.js");

test("it has none", () => expect(currentEngine().version).not.toContain("+k"));

test("softmax, which is written out, is to the bit the engine's own op", () => {
  tf.tidy(() => {
    for (const shape of [
      [16, 7],
      [3, 129],
      [2, 4, 5, 33],
    ]) {
      const length = shape.reduce((product, size) => product * size, 1);
      const values = Float32Array.from({ length }, (_, i) => 3 * Math.sin(i * 0.7 + 0.3));
      const x = tf.tensor(values, shape);
      expect(softmax(x).dataSync()).toEqual(tf.softmax(x).dataSync());
    }
  });
});
