/** At which heights rows part, beside the best of all choices that there are. */
// @needs nothing

import fc from "fast-check";
import { expect, test } from "vitest";
import { levelShare } from "../../../src/model/decoder/heights.js";
import { keptPartings, type Parting, type PartingCost } from "../../../src/model/latent/plan/level-choice.js";

/** Cells, and heights at what they cost. */
function costOf(partings: readonly Parting[], kept: readonly number[], cost: PartingCost): number {
  const rowsFrom = (place: number): number => {
    const next = kept[kept.indexOf(place) + 1] ?? partings.length;
    return partings[next - 1]?.rows ?? 0;
  };
  const cells = kept.map((place, i) => {
    const next = partings[kept[i + 1] ?? -1]?.height ?? null;
    return rowsFrom(place) * cost.columns * levelShare(partings[place]?.height ?? 0, next, cost.layers);
  });
  return cells.reduce((sum, each) => sum + each, 0) + kept.length * cost.levelCells;
}

test("no other choice of heights costs less", () => {
  const layers = 6;
  const arbitrary = fc.record({
    steps: fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 9 })), { maxLength: 6 }),
    first: fc.integer({ min: 1, max: 5 }),
    columns: fc.integer({ min: 1, max: 30 }),
    levelCells: fc.double({ min: 0, max: 40, noNaN: true }),
  });
  let joined = 0;
  fc.assert(
    fc.property(arbitrary, ({ steps, first, columns, levelCells }) => {
      const partings: Parting[] = [{ height: 0, rows: first }];
      for (const [up, more] of steps) {
        const before = partings.at(-1) as Parting;
        partings.push({ height: Math.min(2 * layers + 1, before.height + up), rows: before.rows + more });
      }
      const cost = { columns, levelCells, layers };
      const kept = keptPartings(partings, cost);
      expect(kept[0]).toBe(0);
      if (kept.length < partings.length) joined++;
      const others = Array.from({ length: 2 ** (partings.length - 1) }, (_, choice) =>
        partings.flatMap((_, place) => (place === 0 || (choice >> (place - 1)) % 2 === 1 ? [place] : [])),
      );
      const best = Math.min(...others.map((each) => costOf(partings, each, cost)));
      expect(costOf(partings, kept, cost)).toBeCloseTo(best, 9);
    }),
    { numRuns: 300, seed: 3 },
  );
  expect(joined).toBeGreaterThan(50);
});

test("rows part as late as they can where heights cost nothing", () => {
  const partings = [0, 4, 6].map((height, i) => ({ height, rows: i + 1 }));
  expect(keptPartings(partings, { columns: 5, levelCells: 0, layers: 4 })).toEqual([0, 1, 2]);
});
