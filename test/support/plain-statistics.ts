/** What src/statistics computes for many draws at once, one draw after another: no blocks, nothing kept, nothing shared. */

import { randomSource } from "../../src/statistics/random-source.js";
import type { SmoothStatistic } from "../../src/statistics/studentized-bootstrap.js";

/** How often each of `clusters` was drawn, draw after draw out of one stream. */
export function plainDraws(
  clusters: number,
  { draws, seed }: { readonly draws: number; readonly seed: number },
): number[][] {
  const { below } = randomSource(seed);
  return Array.from({ length: draws }, () => {
    const counts = new Array<number>(clusters).fill(0);
    for (let i = 0; i < clusters; i++) {
      const drawn = below(clusters);
      counts[drawn] = (counts[drawn] ?? 0) + 1;
    }
    return counts;
  });
}

/** Orders of blocks beside each other: of one block each from its place, of several each from the last. */
export function plainOrders(
  sizes: readonly number[],
  { times, seed }: { readonly times: number; readonly seed: number },
): number[][] {
  const { below } = randomSource(seed);
  const inPlace = (): number[][] => sizes.map((size) => Array.from({ length: size }, (_, i) => i));
  let blocks = inPlace();
  return Array.from({ length: times }, () => {
    if (sizes.length === 1) blocks = inPlace();
    for (const block of blocks)
      for (let i = block.length - 1; i > 0; i--) {
        const j = below(i + 1);
        [block[i], block[j]] = [block[j] ?? 0, block[i] ?? 0];
      }
    return blocks.flat();
  });
}

/** Σ counts·sums, column by column. */
export function plainTotal(sums: Float64Array, width: number, counts: readonly number[]): Float64Array {
  const total = new Float64Array(width);
  for (const [cluster, count] of counts.entries())
    for (let column = 0; column < width; column++)
      total[column] = (total[column] ?? 0) + count * (sums[cluster * width + column] ?? 0);
  return total;
}

/** Fisher's z of a sample and its error; null where one of them is not defined. */
export function plainWithError(
  { sums, width, evaluate }: SmoothStatistic,
  counts: readonly number[],
): readonly [number, number] | null {
  const gradient = new Float64Array(width);
  const value = evaluate(plainTotal(sums, width, counts), gradient);
  if (value === null || Math.abs(value) > 1 - 1e-9) return null;
  let squares = 0;
  for (const [cluster, count] of counts.entries()) {
    const pull = gradient.reduce((sum, slope, column) => sum + slope * (sums[cluster * width + column] ?? 0), 0);
    squares += count * (pull * pull);
  }
  const error = Math.sqrt((squares * counts.length) / (counts.length - 1));
  return error > 1e-12 ? [Math.atanh(value), error / (1 - value * value)] : null;
}

interface PlainUnit {
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  readonly width: number;
}

/** Σ x·y with each unit's items where the order puts them. */
export function plainUnits(units: readonly PlainUnit[], order: readonly number[]): number {
  let sum = 0;
  let start = 0;
  for (const { x, y, width } of units) {
    for (let at = 0; at < y.length; at++) {
      const item = order[start + Math.floor(at / width)] ?? 0;
      if (y[at] !== 0) sum += (y[at] ?? 0) * (x[item * width + (at % width)] ?? 0);
    }
    start += x.length / width;
  }
  return sum;
}
