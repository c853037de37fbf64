/** Ridge regression of many outputs from sums over rows, so that folds are added and not gone through again. */

import { cholesky, solveMany } from "../base/linear-algebra.js";

/** Sums over rows. */
export interface Moments {
  readonly count: number;
  readonly sumX: Float64Array;
  readonly sumY: Float64Array;
  /** `[width, width]`: Σ x·xᵀ and Σ x·yᵀ. */
  readonly xx: Float64Array;
  readonly xy: Float64Array;
}

/** A fitted map: y = intercept + x · weights. */
export interface LinearFit {
  /** `[width, width]`, a row a component of x. */
  readonly weights: Float64Array;
  readonly intercept: Float64Array;
  readonly meanX: Float64Array;
  readonly meanY: Float64Array;
}

/** @param x states `[rows, width]`, likewise `y`. @param rows those that are summed over. */
export function momentsOf(
  x: Float64Array,
  y: Float64Array,
  { width, rows }: { readonly width: number; readonly rows: readonly number[] },
): Moments {
  const [sumX, sumY] = [new Float64Array(width), new Float64Array(width)];
  const [xx, xy] = [new Float64Array(width * width), new Float64Array(width * width)];
  for (const row of rows)
    for (let a = 0; a < width; a++) {
      const each = x[row * width + a] ?? 0;
      sumX[a] = (sumX[a] ?? 0) + each;
      sumY[a] = (sumY[a] ?? 0) + (y[row * width + a] ?? 0);
      for (let c = 0, at = a * width, from = row * width; c < width; c++, at++, from++) {
        xx[at] = (xx[at] ?? 0) + each * (x[from] ?? 0);
        xy[at] = (xy[at] ?? 0) + each * (y[from] ?? 0);
      }
    }
  return { count: rows.length, sumX, sumY, xx, xy };
}

/** Of all rows together. */
export function sumOf(parts: readonly Moments[]): Moments {
  const add = (pick: (part: Moments) => Float64Array): Float64Array => {
    const [first = new Float64Array(0), ...others] = parts.map(pick);
    const sum = first.slice();
    for (const other of others) for (const [at, each] of other.entries()) sum[at] = (sum[at] ?? 0) + each;
    return sum;
  };
  return {
    count: parts.reduce((sum, { count }) => sum + count, 0),
    sumX: add(({ sumX }) => sumX),
    sumY: add(({ sumY }) => sumY),
    xx: add(({ xx }) => xx),
    xy: add(({ xy }) => xy),
  };
}

/** The fits of one set of rows, at any penalty (times the mean sum of squares of x about its mean); null where x does not differ. */
export function solverOf({ count, sumX, sumY, xx, xy }: Moments): ((penalty: number) => LinearFit | null) | null {
  const width = sumX.length;
  const [meanX, meanY] = [sumX.map((each) => each / count), sumY.map((each) => each / count)];
  const about = (sums: Float64Array, mean: Float64Array): Float64Array =>
    sums.map((each, at) => each - count * (meanX[Math.floor(at / width)] ?? 0) * (mean[at % width] ?? 0));
  const [left, right] = [about(xx, meanX), about(xy, meanY)];
  const trace = (of: Float64Array): number => meanX.reduce((sum, _, a) => sum + (of[a * width + a] ?? 0), 0);
  const scale = trace(left);
  // Rounding is all that is left of states that do not differ.
  if (count === 0 || scale <= 1e-12 * trace(xx)) return null;
  return (penalty) => {
    const held = left.slice();
    for (let a = 0; a < width; a++) held[a * width + a] = (held[a * width + a] ?? 0) + (penalty * scale) / width;
    const factor = cholesky(held, width);
    if (factor === null) return null;
    const weights = solveMany(factor, width, right);
    const intercept = meanY.slice();
    for (const [at, weight] of weights.entries())
      intercept[at % width] = (intercept[at % width] ?? 0) - weight * (meanX[Math.floor(at / width)] ?? 0);
    return { weights, intercept, meanX, meanY };
  };
}

/** Writes what a fit says of one row of x. */
export function predict(
  { weights, intercept }: LinearFit,
  x: Float64Array,
  { row, into }: { readonly row: number; readonly into: Float64Array },
): void {
  const width = into.length;
  into.set(intercept);
  for (let a = 0; a < width; a++) {
    const each = x[row * width + a] ?? 0;
    for (let c = 0, at = a * width; c < width; c++, at++) into[c] = (into[c] ?? 0) + each * (weights[at] ?? 0);
  }
}
