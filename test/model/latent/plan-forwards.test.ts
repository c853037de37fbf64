/** How rows of several lengths are cut into forwards, and how many problems a batch has: against trying every cut there is. */
// @needs nothing

import { expect, test } from "vitest";
import { stretchesOf } from "../../../src/model/latent/plan/forward-cost.js";
import { pack } from "../../../src/model/latent/plan/packing.js";

/** Cells of all forwards, and what each of them costs beside. */
function costOf(lengths: readonly number[], sizes: readonly number[], forwardCells: number): number {
  let begin = 0;
  return sizes.reduce((sum, size) => {
    begin += size;
    return sum + forwardCells + size * (lengths[begin - 1] ?? 0);
  }, 0);
}

/** Every way to cut so many rows into stretches. */
function cuts(rows: number): number[][] {
  if (rows === 0) return [[]];
  return Array.from({ length: rows }, (_, i) => i + 1).flatMap((first) =>
    cuts(rows - first).map((rest) => [first, ...rest]),
  );
}

const lengths = [3, 3, 4, 9, 10, 10, 11, 30];

test.each([0, 1, 5, 20, 200])("no cut is cheaper, where a forward costs %i cells beside its own", (forwardCells) => {
  for (const mostCells of [1000, 60, 12]) {
    const found = stretchesOf(lengths, { mostCells, forwardCells });
    const fits = (sizes: readonly number[]): boolean => {
      let begin = 0;
      return sizes.every((size) => {
        begin += size;
        return size === 1 || size * (lengths[begin - 1] ?? 0) <= mostCells;
      });
    };
    expect(fits(found)).toBe(true);
    const least = Math.min(
      ...cuts(lengths.length)
        .filter(fits)
        .map((sizes) => costOf(lengths, sizes, forwardCells)),
    );
    expect(costOf(lengths, found, forwardCells)).toBe(least);
  }
});

test("batches are of one size, and an even number where there are several", () => {
  const sizesOf = (problems: number, rows: number): number[] =>
    pack(
      Array.from({ length: problems }, () => 10),
      7,
      { rows, cells: 1e9 },
    ).map(({ length }) => length);
  expect(sizesOf(100, 256)).toEqual([25, 25, 25, 25]);
  expect(sizesOf(36, 256)).toEqual([36]);
  expect(sizesOf(37, 256)).toEqual([19, 18]);
  expect(sizesOf(100, 350)).toEqual([50, 50]);
});
