/** Σ x·y with items that change places, under many orders at once. Each sum is added up in the order of y, so its rounding is that of one sum. */

import { eachBlockOfOrders, ordered } from "./draws.js";

/** Items that change places among themselves; each has `width` numbers in x and in y. */
export interface Unit {
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  readonly width: number;
}

/** Units beside each other. Only the y that are not 0 are kept. */
export interface Exchangeable {
  /** Items of each unit. */
  readonly sizes: readonly number[];
  /** How many combinations of the units' orders there are. */
  readonly permutations: number;
  /** Of the sum: what rounding is measured by. */
  readonly size: number;
  readonly width: number;
  readonly x: Float64Array;
  /** Of each y that is kept: where its item stands in an order. */
  readonly place: Int32Array;
  /** What is added to an item's first number, `width` times what the order says, to find x. */
  readonly offset: Int32Array;
  readonly y: Float64Array;
}

/** @param units of one width. */
export function exchangeable(units: readonly Unit[]): Exchangeable {
  const width = units[0]?.width ?? 1;
  const kept: { readonly place: number; readonly offset: number; readonly y: number }[] = [];
  let items = 0;
  for (const { x, y } of units) {
    for (let at = 0; at < y.length; at++)
      if (y[at] !== 0)
        kept.push({
          place: items + Math.floor(at / width),
          offset: items * width + (at % width),
          y: y[at] ?? 0,
        });
    items += x.length / width;
  }
  const sizes = units.map(({ x }) => x.length / width);
  return {
    sizes,
    permutations: sizes.reduce((product, size) => product * factorial(size), 1),
    size: units.reduce((sum, { x, y }) => sum + largestOf(x) * sumOfSizes(y), 0),
    width,
    x: Float64Array.from(units.flatMap(({ x }) => Array.from(x))),
    place: Int32Array.from(kept, ({ place }) => place),
    offset: Int32Array.from(kept, ({ offset }) => offset),
    y: Float64Array.from(kept, ({ y }) => y),
  };
}

/** With every item in its place. */
export function sumOf(items: Exchangeable): number {
  const sum = new Float64Array(1);
  addUp(items, ordered(items.sizes), sum);
  return sum[0] ?? 0;
}

/** Under `times` random orders. */
export function sumsOfDrawn(
  items: Exchangeable,
  options: { readonly times: number; readonly seed: number },
): Float64Array {
  const sums = new Float64Array(options.times);
  let done = 0;
  eachBlockOfOrders(items.sizes, options, (orders, many) => {
    addUp(items, orders, sums.subarray(done, done + many));
    done += many;
  });
  return sums;
}

/** Under every combination of the units' orders (Heap 1963). */
export function sumsOfAll(items: Exchangeable): Float64Array {
  const sums = new Float64Array(items.permutations);
  const order = ordered(items.sizes);
  const starts = items.sizes.map((_, unit) => items.sizes.slice(0, unit).reduce((sum, each) => sum + each, 0));
  let done = 0;
  const generate = (unit: number, k: number): void => {
    const from = starts[unit];
    if (from === undefined) {
      addUp(items, order, sums.subarray(done, done + 1));
      done++;
      return;
    }
    if (k <= 1) {
      generate(unit + 1, items.sizes[unit + 1] ?? 0);
      return;
    }
    for (let i = 0; i < k; i++) {
      generate(unit, k - 1);
      const [a, b] = [from + (k % 2 === 0 ? i : 0), from + k - 1];
      [order[a], order[b]] = [order[b] ?? 0, order[a] ?? 0];
    }
  };
  generate(0, items.sizes[0] ?? 0);
  return sums;
}

/** @param orders one after another, one for each of `sums`. */
function addUp({ place, offset, y, x, width }: Exchangeable, orders: Uint16Array, sums: Float64Array): void {
  const items = orders.length / sums.length;
  let at = 0;
  // Four orders at a time: their sums do not wait for each other.
  for (; at + 3 < sums.length; at += 4) {
    const first = at * items;
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    for (let i = 0; i < y.length; i++) {
      const from = first + (place[i] ?? 0);
      const to = offset[i] ?? 0;
      const value = y[i] ?? 0;
      s0 += value * (x[to + (orders[from] ?? 0) * width] ?? 0);
      s1 += value * (x[to + (orders[from + items] ?? 0) * width] ?? 0);
      s2 += value * (x[to + (orders[from + 2 * items] ?? 0) * width] ?? 0);
      s3 += value * (x[to + (orders[from + 3 * items] ?? 0) * width] ?? 0);
    }
    sums[at] = s0;
    sums[at + 1] = s1;
    sums[at + 2] = s2;
    sums[at + 3] = s3;
  }
  for (; at < sums.length; at++) {
    let sum = 0;
    for (let i = 0; i < y.length; i++)
      sum += (y[i] ?? 0) * (x[(offset[i] ?? 0) + (orders[at * items + (place[i] ?? 0)] ?? 0) * width] ?? 0);
    sums[at] = sum;
  }
}

function largestOf(values: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i] ?? 0));
  return most;
}

function sumOfSizes(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += Math.abs(values[i] ?? 0);
  return sum;
}

function factorial(n: number): number {
  return n <= 1 ? 1 : n * factorial(n - 1);
}
