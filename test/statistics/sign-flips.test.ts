/** Signs that tests share, beside the same draws one by one. */
// @needs nothing

import { describe, expect, test } from "vitest";
import { randomSource } from "../../src/statistics/random-source.js";
import { flippedSigns } from "../../src/statistics/sign-flips.js";

function plain(seed: number, flips: number, size: number): number[][] {
  const { below } = randomSource(seed);
  return Array.from({ length: flips }, () => Array.from({ length: size }, () => (below(2) === 0 ? 1 : -1)));
}

function shared(seed: number, flips: number, size: number): number[][] {
  return Array.from(flippedSigns(seed, { flips, size }), (signs) => [...signs]);
}

describe("signs", () => {
  test("are those of the seed's source, whoever asked before", () => {
    for (const [seed, flips, size] of [
      [7, 20, 3],
      [7, 50, 17],
      [7, 20, 3],
      [8, 30, 5],
      [7, 60, 17],
    ] as const)
      expect(shared(seed, flips, size)).toEqual(plain(seed, flips, size));
  });

  test("are the same where they are too many to be kept, and drawn a piece at a time", () => {
    const [flips, size] = [2 ** 13, 2 ** 12 + 1];
    const { below } = randomSource(6);
    let rows = 0;
    let differing = 0;
    for (const signs of flippedSigns(6, { flips, size })) {
      rows++;
      for (let i = 0; i < size; i++) if (signs[i] !== (below(2) === 0 ? 1 : -1)) differing++;
    }
    expect([rows, differing]).toEqual([flips, 0]);
  });
});
