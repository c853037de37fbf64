/** Totals over drawn clusters, of many draws at once. Each is added up in the order of the clusters, so its rounding is that of one sum. */

import type { Counts } from "./draws.js";

/** Several numbers of each cluster. */
export interface Sums {
  readonly clusters: number;
  readonly width: number;
  /** `[column, cluster]`. */
  readonly columns: Float64Array;
  /** By column, the whole number that every cluster has there; NaN where they differ. Its total is a product, without rounding. */
  readonly alike: Float64Array;
}

/** Draws that are added up together. */
export interface DrawnBlock {
  /** `[draw, cluster]`. */
  readonly counts: Counts;
  readonly many: number;
  /** How many clusters are in each draw; not given where draws differ in it. */
  readonly size?: number;
}

/** @param sums `[cluster, width]`. */
export function sumsOf(sums: Float64Array, width: number): Sums {
  const clusters = sums.length / width;
  const columns = new Float64Array(sums.length);
  const alike = new Float64Array(width).fill(Number.NaN);
  for (let column = 0; column < width; column++) {
    const first = sums[column] ?? 0;
    let isAlike = Number.isInteger(first) && Math.abs(first) < 0x1_0000;
    for (let cluster = 0; cluster < clusters; cluster++) {
      const value = sums[cluster * width + column] ?? 0;
      columns[column * clusters + cluster] = value;
      isAlike &&= value === first;
    }
    // A sum that begins with 0 is never −0.
    if (isAlike) alike[column] = first + 0;
  }
  return { clusters, width, columns, alike };
}

/** @param totals gets `[draw, width]`. */
export function addDrawn(sums: Sums, { counts, many, size }: DrawnBlock, totals: Float64Array): void {
  const { width, alike } = sums;
  const added: number[] = [];
  for (let column = 0; column < width; column++) {
    const value = alike[column] ?? Number.NaN;
    if (size === undefined || Number.isNaN(value)) added.push(column);
    else for (let draw = 0; draw < many; draw++) totals[draw * width + column] = value * size;
  }
  for (let i = 0; i < added.length; i += 2) {
    const [first = 0, second] = added.slice(i, i + 2);
    // Draws by fours; what is left of them goes one by one.
    const rest = second === undefined ? 0 : addTwoColumns(sums, { counts, many, totals, first, second });
    for (const column of second === undefined ? [first] : [first, second])
      addColumn(sums, { counts, many, totals, column, from: rest });
  }
}

interface Adding {
  readonly counts: Counts;
  readonly many: number;
  readonly totals: Float64Array;
}

/** Reads each count once for both. @returns how many draws were added up. */
function addTwoColumns(
  { clusters, width, columns }: Sums,
  { counts, many, totals, first, second }: Adding & { readonly first: number; readonly second: number },
): number {
  const values = columns.subarray(first * clusters, (first + 1) * clusters);
  const others = columns.subarray(second * clusters, (second + 1) * clusters);
  let draw = 0;
  for (; draw + 3 < many; draw += 4) {
    const at = draw * clusters;
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    let t0 = 0;
    let t1 = 0;
    let t2 = 0;
    let t3 = 0;
    for (let cluster = 0; cluster < clusters; cluster++) {
      const value = values[cluster] ?? 0;
      const other = others[cluster] ?? 0;
      const c0 = counts[at + cluster] ?? 0;
      const c1 = counts[at + clusters + cluster] ?? 0;
      const c2 = counts[at + 2 * clusters + cluster] ?? 0;
      const c3 = counts[at + 3 * clusters + cluster] ?? 0;
      s0 += c0 * value;
      t0 += c0 * other;
      s1 += c1 * value;
      t1 += c1 * other;
      s2 += c2 * value;
      t2 += c2 * other;
      s3 += c3 * value;
      t3 += c3 * other;
    }
    const to = draw * width;
    totals[to + first] = s0;
    totals[to + width + first] = s1;
    totals[to + 2 * width + first] = s2;
    totals[to + 3 * width + first] = s3;
    totals[to + second] = t0;
    totals[to + width + second] = t1;
    totals[to + 2 * width + second] = t2;
    totals[to + 3 * width + second] = t3;
  }
  return draw;
}

function addColumn(
  { clusters, width, columns }: Sums,
  { counts, many, totals, column, from }: Adding & { readonly column: number; readonly from: number },
): void {
  const values = columns.subarray(column * clusters, (column + 1) * clusters);
  let draw = from;
  // Four draws at a time: their sums do not wait for each other.
  for (; draw + 3 < many; draw += 4) {
    const at = draw * clusters;
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    for (let cluster = 0; cluster < clusters; cluster++) {
      const value = values[cluster] ?? 0;
      s0 += (counts[at + cluster] ?? 0) * value;
      s1 += (counts[at + clusters + cluster] ?? 0) * value;
      s2 += (counts[at + 2 * clusters + cluster] ?? 0) * value;
      s3 += (counts[at + 3 * clusters + cluster] ?? 0) * value;
    }
    const to = draw * width + column;
    totals[to] = s0;
    totals[to + width] = s1;
    totals[to + 2 * width] = s2;
    totals[to + 3 * width] = s3;
  }
  for (; draw < many; draw++) {
    let sum = 0;
    for (let cluster = 0; cluster < clusters; cluster++)
      sum += (counts[draw * clusters + cluster] ?? 0) * (values[cluster] ?? 0);
    totals[draw * width + column] = sum;
  }
}
