/** Φ and GELU as an engine computes them, against SciPy in float64 and PyTorch in float32. */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { EngineName } from "../../src/model/tensor/engine-names.js";
import { startEngine } from "../../src/model/tensor/engines/start.js";
import { gaussianGate, geluExact } from "../../src/model/tensor/formulas.js";
import { numbersOf } from "../../src/model/tensor/numbers.js";
import { tf } from "../../src/model/tensor/tf.js";

interface Values {
  readonly x: readonly number[];
  readonly cdf: readonly number[];
  readonly gelu: readonly number[];
  /** PyTorch's own in float32. */
  readonly geluFloat32: readonly number[];
}

const values = JSON.parse(
  readFileSync(new URL("../fixtures/normal-distribution.json", import.meta.url), "utf8"),
) as Values;

/** Largest relative error from `from` to `to`. */
function worst(found: ArrayLike<number>, wanted: readonly number[], [from, to]: readonly [number, number]): number {
  const inside = values.x.flatMap((x, i) => (x >= from && x <= to ? [i] : []));
  return Math.max(
    ...inside.map(
      (i) => Math.abs((found[i] ?? Number.NaN) - (wanted[i] ?? 0)) / Math.abs(wanted[i] || Number.MIN_VALUE),
    ),
  );
}

/** @param engine one whose GELU is computed by `normalDistribution`. */
export function normalDistributionSuite(engine: EngineName): void {
  describe(`${engine}: the normal distribution`, () => {
    test("Φ keeps its relative precision down the lower tail, as far as the exponential's argument has it", async () => {
      await startEngine(engine);
      using x = tf.tensor1d([...values.x]);
      using gate = tf.tidy(() => gaussianGate(x));
      const found = await numbersOf(gate);
      // Units in the last place are 1.2e-7 at most; the argument of exp(-x²/2) is rounded, which its size multiplies.
      expect(worst(found, values.cdf, [-1, 1])).toBeLessThan(8e-7);
      expect(worst(found, values.cdf, [-5, -1])).toBeLessThan(2e-6);
      expect(worst(found, values.cdf, [-12.5, -5])).toBeLessThan(1e-5);
      expect(worst(found, values.cdf, [1, 12.5])).toBeLessThan(2e-7);
    });

    test("GELU is as close to float64 as PyTorch's own in float32, and closer in the tail", async () => {
      await startEngine(engine);
      using x = tf.tensor1d([...values.x]);
      using gelu = tf.tidy(() => geluExact(x));
      const found = await numbersOf(gelu);
      expect(worst(found, values.gelu, [-5, 12.5])).toBeLessThan(2e-6);
      expect(worst(found, values.gelu, [-12, -5])).toBeLessThan(1e-5);
      expect(worst(values.geluFloat32, values.gelu, [-5, -4])).toBeGreaterThan(1e-3);
      const further = values.x.filter((_, i) => {
        const exact = values.gelu[i] ?? 0;
        const theirs = Math.abs((values.geluFloat32[i] ?? 0) - exact);
        return Math.abs((found[i] ?? 0) - exact) > Math.max(2 * theirs, 2e-6 * Math.abs(exact), 1e-30);
      });
      expect(further.filter((each) => each > -5)).toEqual([]);
    });

    test("beyond float32 it is exactly 0 and 1, and NaN stays NaN", async () => {
      await startEngine(engine);
      using x = tf.tensor1d([-40, 40, -1e30, 1e30, Number.NaN]);
      using gelu = tf.tidy(() => geluExact(x));
      const [low, high, lowest, highest, none] = await numbersOf(gelu);
      expect([Math.abs(low ?? 1), high, Math.abs(lowest ?? 1), highest]).toEqual([0, 40, 0, Math.fround(1e30)]);
      expect(none).toBeNaN();
    });
  });
}
