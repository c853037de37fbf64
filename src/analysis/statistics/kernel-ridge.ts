/** Held-out R² of ridge regressions that share their features: solved over rows, so that many labels cost little more than one. */

import { cholesky, solveWith } from "./linear-algebra.js";
import type { Features } from "./ridge.js";

/** Which rows, in which folds, and how strongly held back. */
export interface HeldOutOptions {
  readonly rows: readonly number[];
  /** Fold of each row of the features. */
  readonly fold: ArrayLike<number>;
  readonly folds: number;
  /** Times the training features' mean sum of squares about their mean. */
  readonly penalty: number;
}

/** Products of all pairs of rows, `[rows, rows]`. */
export function gramOf({ rows, width, values }: Features): Float64Array {
  const gram = new Float64Array(rows * rows);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let a = 0; a < width; a++) sum += (values[i * width + a] ?? 0) * (values[j * width + a] ?? 0);
      gram[i * rows + j] = gram[j * rows + i] = sum;
    }
  return gram;
}

/**
 * The same fits as `ridge` with this penalty, each row predicted by the one that did not see its fold.
 *
 * @param gram of `gramOf`. @param labels each as long as the features have rows.
 * @returns one R² a label, against the training mean; null where the label or the features are constant or a fit is singular.
 */
export function heldOutR2(
  { rows: all, width }: Pick<Features, "rows" | "width">,
  gram: Float64Array,
  labels: readonly Float64Array[],
  { rows, fold, folds, penalty }: HeldOutOptions,
): (number | null)[] {
  const errors = labels.map(() => [0, 0] as [number, number]);
  for (let out = 0; out < folds; out++) {
    const train = rows.filter((row) => fold[row] !== out);
    const test = rows.filter((row) => fold[row] === out);
    if (test.length === 0) continue;
    const n = train.length;
    const means = Float64Array.from(train, (i) => train.reduce((sum, j) => sum + (gram[i * all + j] ?? 0), 0) / n);
    const grand = means.reduce((sum, each) => sum + each, 0) / n;
    const kernel = new Float64Array(n * n);
    for (const [i, a] of train.entries())
      for (const [j, b] of train.entries())
        kernel[i * n + j] = (gram[a * all + b] ?? 0) - (means[i] ?? 0) - (means[j] ?? 0) + grand;
    let [trace, whole] = [0, 0];
    for (const [i, row] of train.entries()) {
      trace += kernel[i * n + i] ?? 0;
      whole += gram[row * all + row] ?? 0;
    }
    // Features that do not differ leave nothing but rounding.
    if (trace <= 1e-9 * whole) return labels.map(() => null);
    for (let i = 0; i < n; i++) kernel[i * n + i] = (kernel[i * n + i] ?? 0) + (penalty * trace) / width;
    const factor = cholesky(kernel, n);
    if (factor === null) return labels.map(() => null);
    const across = test.map((row) => {
      const own = train.reduce((sum, j) => sum + (gram[row * all + j] ?? 0), 0) / n;
      return Float64Array.from(train, (j, place) => (gram[row * all + j] ?? 0) - own - (means[place] ?? 0) + grand);
    });
    for (const [label, y] of labels.entries()) {
      const mean = train.reduce((sum, row) => sum + (y[row] ?? 0), 0) / n;
      const dual = solveWith(
        factor,
        n,
        train.map((row) => (y[row] ?? 0) - mean),
      );
      const sums = errors[label] as [number, number];
      for (const [place, row] of test.entries()) {
        const said = dual.reduce((sum, each, j) => sum + each * (across[place]?.[j] ?? 0), mean);
        sums[0] += ((y[row] ?? 0) - said) ** 2;
        sums[1] += ((y[row] ?? 0) - mean) ** 2;
      }
    }
  }
  return errors.map(([error, total]) => (total > 0 ? 1 - error / total : null));
}
