/** Where a run reads and changes a model when nothing is said. */
// @needs nothing

import { expect, test } from "vitest";
import { layersByDefault } from "../../src/experiments/plan/defaults.js";

test.each<[number, number[], number]>([
  [16, [4, 8, 14], 8],
  [32, [4, 8, 14], 8],
  [15, [4, 8, 14], 8],
  // A quarter, half and seven eighths of 12 are 3, 6 and 10.5.
  [12, [3, 6, 10], 6],
  [6, [1, 3, 5], 3],
  [2, [0, 1], 1],
  [1, [0], 0],
])("of %i blocks attention is read at %j, and block %i is changed", (depth, layers, ablateLayer) => {
  expect(layersByDefault(depth)).toEqual({ layers, ablateLayer });
});
