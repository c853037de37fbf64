/** Bounds by cell: what is small beside a massive value is still looked at. */
// @needs nothing

import { expect, test } from "vitest";
import { compareCells } from "./smollm2-cells.js";

/** A position with one massive value among ordinary ones, and one without. */
const REFERENCE = Float32Array.of(20_000, 1, -2, 0.5, 3, 1, -2, 0.5);
const GAPS = Float32Array.of(1e-3, 1e-6, 0, 2e-6);

function withChange(place: number, by: number): Float32Array {
  const ours = REFERENCE.slice();
  ours[place] = (ours[place] ?? 0) + by;
  return ours;
}

test("a massive value has a bound relative to its size, and the rest one of its own", () => {
  const { massive, rest } = compareCells(REFERENCE, REFERENCE, GAPS);
  expect([massive.values, massive.largest, rest.values, rest.largest]).toEqual([1, 20_000, 7, 3]);
  expect([massive.share, rest.share]).toEqual([0, 0]);
  const large = compareCells(withChange(0, 2 ** -6), REFERENCE, GAPS);
  expect(large.rest.share).toBe(0);
  // The floor of 10 units in the last place, not the smaller gap.
  expect(large.massive.share).toBeCloseTo(2 ** -6 / (10 * 2 ** -23 * 20_000), 6);
  expect(large.massive.found).toBeCloseTo(2 ** -6 / 20_000, 9);
  const small = compareCells(withChange(1, 2 ** -6), REFERENCE, GAPS);
  expect(small.massive.share).toBe(0);
  expect(small.rest.share).toBeGreaterThan(1000);
});

test("each cell has its own gap", () => {
  const gaps = Float32Array.of(0, 1e-5, 0, 4e-5);
  const [first, second] = [1, 5].map((place) => compareCells(withChange(place, 2 ** -14), REFERENCE, gaps).rest.share);
  expect(first).toBeCloseTo(2 ** -14 / 1e-4, 4);
  expect(second).toBeCloseTo(2 ** -14 / 4e-4, 4);
});

test("values that are no numbers are outside every bound, and sizes must fit", () => {
  const ours = withChange(2, Number.NaN);
  expect(compareCells(ours, REFERENCE, GAPS).rest.share <= 1).toBe(false);
  expect(() => compareCells(ours.subarray(1), REFERENCE, GAPS)).toThrow(RangeError);
});
