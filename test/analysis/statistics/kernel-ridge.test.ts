/** Held-out R² against NumPy (`make/layer_lens.py`), with more rows than features and with fewer. */

import { expect, test } from "vitest";
import { gramOf, heldOutR2 } from "../../../src/analysis/statistics/kernel-ridge.js";
import { readJson } from "../../support/parity.js";

interface Probe {
  readonly width: number;
  readonly relative: number;
  readonly folds: number;
  readonly x: number[];
  readonly y: number[];
  readonly fold: number[];
  readonly r2: number;
}

test.each(readJson<{ probes: Probe[] }>("layer_lens").probes)("width $width", (probe) => {
  const { width, relative, folds, x, y, fold, r2 } = probe;
  const features = { rows: y.length, width, values: Float64Array.from(x) };
  const constant = new Float64Array(y.length).fill(3);
  const rows = y.map((_, row) => row);
  const options = { rows, fold, folds, penalty: relative };
  const [found, none] = heldOutR2(features, gramOf(features), [Float64Array.from(y), constant], options);
  expect(Math.abs((found ?? 0) - r2)).toBeLessThan(1e-9);
  expect(none).toBeNull();
  const same = { ...features, values: Float64Array.from(x, (_, at) => x[at % width] ?? 0) };
  expect(heldOutR2(same, gramOf(same), [Float64Array.from(y)], options)).toEqual([null]);
});
