/** Bounds by cell: what is small beside a massive value is still looked at. */
// @needs nothing

import { expect, test } from "vitest";
import { compareCells, joinedGroups, NO_CELLS, shareOf, stagesOf } from "./smollm2-cells.js";

/** A position with one massive value among ordinary ones, one without, and a third that is small. */
const REFERENCE = Float32Array.of(20_000, 1, -2, 0.5, 3, 1, -2, 0.5, 0.25, 0.125, 0.5, -0.25);
const GAPS = Float32Array.of(1e-3, 2e-6, 0, 1.5e-5, 0, 1e-7);

function withChange(place: number, by: number): Float32Array {
  const ours = REFERENCE.slice();
  ours[place] = (ours[place] ?? 0) + by;
  return ours;
}

test("massive values have a bound of their own, and the rest is compared as though they were not there", () => {
  const { massive, rest } = compareCells(REFERENCE, REFERENCE, GAPS);
  expect([massive.values, massive.largest, rest.values, rest.largest]).toEqual([1, 20_000, 11, 3]);
  expect([shareOf(massive), shareOf(rest)]).toEqual([0, 0]);
  expect(rest.gap).toBeCloseTo(1.5e-5 / 3, 9);
  const large = compareCells(withChange(0, 2 ** -6), REFERENCE, GAPS);
  expect(shareOf(large.rest)).toBe(0);
  expect(large.massive.found).toBeCloseTo(2 ** -6 / 20_000, 12);
  // The floor of 10 units in the last place, not the smaller gap.
  expect(shareOf(large.massive)).toBeCloseTo(2 ** -6 / 20_000 / (10 * 2 ** -23), 6);
  const small = compareCells(withChange(1, 2 ** -6), REFERENCE, GAPS);
  expect(shareOf(small.massive)).toBe(0);
  expect(shareOf(small.rest)).toBeGreaterThan(100);
});

test("a cell's difference is held to the cell's own size", () => {
  const [larger, smaller] = [5, 9].map((place) =>
    shareOf(compareCells(withChange(place, 2 ** -14), REFERENCE, GAPS).rest),
  );
  expect(larger).toBeCloseTo(2 ** -14 / 3 / 5e-5, 4);
  expect(smaller).toBeCloseTo(2 ** -14 / 0.5 / 5e-5, 4);
  expect([(larger ?? 0) <= 1, (smaller ?? 0) <= 1]).toEqual([true, false]);
});

test("a site's gap is that of all texts, and another site's does not loosen it", () => {
  const unlucky = GAPS.map((gap) => gap / 100);
  const change = withChange(5, 2 ** -13);
  const [alone, other] = [unlucky, GAPS].map((gaps) => compareCells(change, REFERENCE, gaps).rest);
  if (alone === undefined || other === undefined) throw new RangeError("no group");
  expect(shareOf(alone)).toBeGreaterThan(1);
  expect(shareOf(joinedGroups(alone, other))).toBeCloseTo(2 ** -13 / 3 / 5e-5, 4);
  const sites = [{ "blocks.0.hook_resid_post": alone }, { "blocks.1.hook_resid_post": other }];
  const cells = sites.map((each) =>
    Object.fromEntries(Object.entries(each).map(([site, rest]) => [site, { massive: NO_CELLS, rest }])),
  );
  const { "blocks.L.hook_resid_post": stage } = stagesOf(Object.assign({}, ...cells));
  expect(stage?.rest.share).toBe(shareOf(alone));
  expect([stage?.rest.found, stage?.rest.gap]).toEqual([alone.found, other.gap]);
});

test("values that are no numbers are outside every bound, and sizes must fit", () => {
  const ours = withChange(2, Number.NaN);
  expect(shareOf(compareCells(ours, REFERENCE, GAPS).rest) <= 1).toBe(false);
  expect(() => compareCells(ours.subarray(1), REFERENCE, GAPS)).toThrow(RangeError);
});
