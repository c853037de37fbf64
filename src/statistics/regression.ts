/** Least squares with standard errors that allow for rows of one problem hanging together (CR1; Liang and Zeger 1986). */

import { cholesky, inverseWith, solveWith } from "../base/linear-algebra.js";
import type { PValue } from "./estimate.js";
import { tCritical, tTwoSided } from "./t-distribution.js";

/** One coefficient; interval and p from t with clusters − 1 degrees of freedom. */
export interface Coefficient {
  readonly name: string;
  readonly value: number;
  readonly standardError: number;
  readonly low: number;
  readonly high: number;
  readonly p: PValue;
}

/** The fit, or why there is none. */
export type Regression =
  | {
      readonly kind: "value";
      readonly coefficients: readonly Coefficient[];
      readonly r2: number;
      readonly n: number;
      readonly clusters: number;
    }
  | { readonly kind: "undefined"; readonly reason: string };

/** Below this cluster-robust errors are too small (Cameron, Gelbach and Miller 2008): no p is given. */
const FEWEST_CLUSTERS = 30;

/**
 * y on named columns and a constant, which comes first.
 *
 * @param clusters the problem of each row.
 * @example
 * ```ts
 * const x = Array.from({ length: 40 }, (_, i) => i);
 * const fit = regression(
 *   x.map((each) => 2 * each + 1 + (each % 2)),
 *   { x },
 *   x.map((each) => `p${each}`),
 * );
 * fit.kind === "value" && fit.coefficients.map(({ name, value }) => [name, value]); // → [ [ 'constant', 1.463 ], [ 'x', 2.002 ] ]
 * ```
 */
export function regression(
  y: readonly number[],
  columns: Readonly<Record<string, readonly number[]>>,
  clusters: readonly string[],
): Regression {
  const names = ["constant", ...Object.keys(columns)];
  const [n, width] = [y.length, names.length];
  const groups = new Map([...new Set(clusters)].map((each, i) => [each, i]));
  if (n <= width) return { kind: "undefined", reason: `${n} rows, more than ${width} are needed` };
  if (groups.size < 3) return { kind: "undefined", reason: `${groups.size} problems, at least 3 are needed` };
  const scales = Object.values(columns).map(scaleOf);
  const x = [
    y.map(() => 1),
    ...Object.values(columns).map((column, i) =>
      column.map((each) => (each - (scales[i]?.mean ?? 0)) / (scales[i]?.sd ?? 1)),
    ),
  ];
  const gram = Float64Array.from({ length: width * width }, (_, at) =>
    dot(x[Math.floor(at / width)] ?? [], x[at % width] ?? []),
  );
  const factor = cholesky(gram, width);
  if (factor === null) return { kind: "undefined", reason: "a column is constant or follows from the others" };
  const beta = solveWith(
    factor,
    width,
    x.map((column) => dot(column, y)),
  );
  const residual = y.map(
    (each, row) => each - x.reduce((sum, column, a) => sum + (column[row] ?? 0) * (beta[a] ?? 0), 0),
  );
  const mean = y.reduce((sum, each) => sum + each, 0) / n;
  const total = y.reduce((sum, each) => sum + (each - mean) ** 2, 0);
  if (total === 0) return { kind: "undefined", reason: "the outcome is constant" };
  const scores = new Float64Array(groups.size * width);
  for (let row = 0; row < n; row++)
    for (let a = 0; a < width; a++) {
      const at = (groups.get(clusters[row] ?? "") ?? 0) * width + a;
      scores[at] = (scores[at] ?? 0) + (x[a]?.[row] ?? 0) * (residual[row] ?? 0);
    }
  // Back from scaled columns: value = T·beta, with T's rows the original coefficients.
  const back = names.map((_, a) =>
    names.map((_, b) =>
      a === 0
        ? b === 0
          ? 1
          : -(scales[b - 1]?.mean ?? 0) / (scales[b - 1]?.sd ?? 1)
        : a === b
          ? 1 / (scales[a - 1]?.sd ?? 1)
          : 0,
    ),
  );
  const inverse = inverseWith(factor, width);
  const correction = (groups.size / (groups.size - 1)) * ((n - 1) / (n - width));
  const coefficients = names.map((name, a): Coefficient => {
    const direction = back[a] ?? [];
    const value = dot(direction, Array.from(beta));
    // Row of T·(XᵀX)⁻¹; its product with a cluster's score is what that cluster moves the coefficient by.
    const pull = names.map((_, b) => direction.reduce((sum, each, c) => sum + each * (inverse[c * width + b] ?? 0), 0));
    let variance = 0;
    for (let g = 0; g < groups.size; g++)
      variance += dot(pull, Array.from(scores.subarray(g * width, (g + 1) * width))) ** 2;
    const standardError = Math.sqrt(correction * variance);
    const half = tCritical(0.05, groups.size - 1) * standardError;
    return {
      name,
      value,
      standardError,
      low: value - half,
      high: value + half,
      p: pValue(value, standardError, groups.size),
    };
  });
  return { kind: "value", coefficients, r2: 1 - dot(residual, residual) / total, n, clusters: groups.size };
}

function pValue(value: number, standardError: number, clusters: number): PValue {
  if (clusters < FEWEST_CLUSTERS)
    return { kind: "undefined", reason: `${clusters} problems, at least ${FEWEST_CLUSTERS} are needed for a p` };
  if (standardError === 0) return { kind: "undefined", reason: "the fit leaves nothing over" };
  return { kind: "value", p: Math.max(Number.MIN_VALUE, tTwoSided(value / standardError, clusters - 1)) };
}

function scaleOf(values: readonly number[]): { mean: number; sd: number } {
  const mean = values.reduce((sum, each) => sum + each, 0) / values.length;
  const sd = Math.sqrt(values.reduce((sum, each) => sum + (each - mean) ** 2, 0) / values.length);
  return { mean, sd: sd === 0 ? 1 : sd };
}

function dot(a: readonly number[], b: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}
