/** Ridge regression in closed form, over features or over rows, whichever are fewer. */

import { cholesky, solveWith } from "./linear-algebra.js";

/** `[rows, width]`, row after row. */
export interface Features {
  readonly rows: number;
  readonly width: number;
  readonly values: Float64Array;
}

/** A fitted map: y = intercept + x · weights. */
export interface RidgeFit {
  readonly weights: Float64Array;
  readonly intercept: number;
}

/**
 * Fits at several penalties at once: minimises Σ (y − a − x·w)² + λ·|w|² over the named rows, a not penalised, features as they are.
 *
 * @returns one fit a penalty; null where the system is singular (λ = 0 with too few rows).
 */
export function ridge(
  x: Features,
  y: Float64Array,
  rows: readonly number[],
  penalties: readonly number[],
): (RidgeFit | null)[] {
  const { width } = x;
  const mean = new Float64Array(width);
  for (const row of rows) for (let a = 0; a < width; a++) mean[a] = (mean[a] ?? 0) + (x.values[row * width + a] ?? 0);
  for (let a = 0; a < width; a++) mean[a] = (mean[a] ?? 0) / rows.length;
  const meanY = rows.reduce((sum, row) => sum + (y[row] ?? 0), 0) / rows.length;
  const n = rows.length;
  const centred = new Float64Array(n * width);
  for (const [i, row] of rows.entries())
    for (let a = 0; a < width; a++) centred[i * width + a] = (x.values[row * width + a] ?? 0) - (mean[a] ?? 0);
  const target = Float64Array.from(rows, (row) => (y[row] ?? 0) - meanY);
  const solve = width <= n ? overFeatures(centred, target, n, width) : overRows(centred, target, n, width);
  return penalties.map((penalty) => {
    const weights = solve(penalty);
    if (weights === null) return null;
    const intercept = meanY - weights.reduce((sum, weight, a) => sum + weight * (mean[a] ?? 0), 0);
    return { weights, intercept };
  });
}

/** Prediction for one row. */
export function predict(fit: RidgeFit, x: Features, row: number): number {
  let sum = fit.intercept;
  for (let a = 0; a < x.width; a++) sum += (fit.weights[a] ?? 0) * (x.values[row * x.width + a] ?? 0);
  return sum;
}

type Solve = (penalty: number) => Float64Array | null;

function overFeatures(x: Float64Array, y: Float64Array, n: number, width: number): Solve {
  const gram = new Float64Array(width * width);
  const right = new Float64Array(width);
  for (let i = 0; i < n; i++)
    for (let a = 0; a < width; a++) {
      const each = x[i * width + a] ?? 0;
      right[a] = (right[a] ?? 0) + each * (y[i] ?? 0);
      for (let b = 0; b <= a; b++) gram[a * width + b] = (gram[a * width + b] ?? 0) + each * (x[i * width + b] ?? 0);
    }
  return (penalty) => {
    const factor = cholesky(withDiagonal(gram, width, penalty), width);
    return factor === null ? null : solveWith(factor, width, right);
  };
}

// w = Xᵀ (X·Xᵀ + λ)⁻¹ y: the same weights from a system of rows × rows.
function overRows(x: Float64Array, y: Float64Array, n: number, width: number): Solve {
  const kernel = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let a = 0; a < width; a++) sum += (x[i * width + a] ?? 0) * (x[j * width + a] ?? 0);
      kernel[i * n + j] = sum;
    }
  return (penalty) => {
    const factor = cholesky(withDiagonal(kernel, n, penalty), n);
    if (factor === null) return null;
    const dual = solveWith(factor, n, y);
    const weights = new Float64Array(width);
    for (let i = 0; i < n; i++)
      for (let a = 0; a < width; a++) weights[a] = (weights[a] ?? 0) + (dual[i] ?? 0) * (x[i * width + a] ?? 0);
    return weights;
  };
}

function withDiagonal(matrix: Float64Array, n: number, penalty: number): Float64Array {
  const result = matrix.slice();
  for (let i = 0; i < n; i++) result[i * n + i] = (result[i * n + i] ?? 0) + penalty;
  return result;
}
