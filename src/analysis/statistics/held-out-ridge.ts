/** Ridge regressions of many labels on the same features, each row predicted without its fold, the penalty chosen without it too. Solved over features or over rows, whichever are fewer. */

import { cholesky, solveWith } from "../../model/linear-algebra.js";

/** `[rows, width]`, row after row. */
export interface Features {
  readonly rows: number;
  readonly width: number;
  readonly values: Float64Array;
}

/** Which folds, and how strongly the weights may be held back. */
export interface HeldOutOptions {
  /** Fold of each row of the features. */
  readonly fold: ArrayLike<number>;
  /** At least 3, unless there is one penalty. */
  readonly folds: number;
  /** Times the training features' mean sum of squares about their mean. */
  readonly penalties: readonly number[];
}

/** Of one label. */
export interface HeldOut {
  /** `[rows, 2]`: squared error, and squared distance to the training mean. */
  readonly errors: Float64Array;
  /** The penalty of each fold. */
  readonly penalties: readonly number[];
}

/**
 * Minimises Σ (y − a − x·w)² + λ·|w|², a not penalised, on all folds but one, and predicts that one. Its λ is the one of least
 * error where each of the other folds was left out as well.
 *
 * @param labels each as long as the features have rows.
 * @returns null for a label where the features are constant or a fit is singular.
 */
export function heldOut(x: Features, labels: readonly Float64Array[], options: HeldOutOptions): (HeldOut | null)[] {
  const { fold, folds, penalties } = options;
  const fitWithout = fitter(x);
  const none = labels.map(() => null);
  const chosen =
    penalties.length === 1 ? labels.map(() => new Array<number>(folds).fill(0)) : choose(fitWithout, labels, options);
  if (chosen === null) return none;
  const errors = labels.map(() => new Float64Array(2 * x.rows));
  for (let out = 0; out < folds; out++) {
    const fit = fitWithout((row) => fold[row] === out);
    if (fit === null) return none;
    const factors = penalties.map(() => undefined as Float64Array | null | undefined);
    for (const [label, y] of labels.entries()) {
      const best = chosen[label]?.[out] ?? 0;
      factors[best] ??= fit.factor(penalties[best] ?? 0);
      const factor = factors[best];
      if (factor === null || factor === undefined) return none;
      const { mean, said } = fit.predict(factor, y);
      for (const [place, row] of fit.test.entries()) {
        const own = y[row] ?? 0;
        errors[label]?.set([(own - (said[place] ?? 0)) ** 2, (own - mean) ** 2], 2 * row);
      }
    }
  }
  return errors.map((each, label) => ({
    errors: each,
    penalties: (chosen[label] ?? []).map((best) => penalties[best] ?? 0),
  }));
}

/** Index of each fold's penalty, `[label][fold]`. */
function choose(fitWithout: Fitter, labels: readonly Float64Array[], options: HeldOutOptions): number[][] | null {
  const { fold, folds, penalties } = options;
  const sums = labels.map(() => Array.from({ length: folds }, () => new Float64Array(penalties.length)));
  for (let a = 0; a < folds; a++)
    for (let b = 0; b < a; b++) {
      // One fit serves both: without a, b is predicted, and without b, a.
      const fit = fitWithout((row) => fold[row] === a || fold[row] === b);
      if (fit === null) return null;
      for (const [i, penalty] of penalties.entries()) {
        const factor = fit.factor(penalty);
        for (const [label, y] of labels.entries()) {
          const said = factor === null ? null : fit.predict(factor, y).said;
          for (const [place, row] of fit.test.entries()) {
            const sum = sums[label]?.[fold[row] === a ? b : a];
            const error = said === null ? Number.POSITIVE_INFINITY : ((y[row] ?? 0) - (said[place] ?? 0)) ** 2;
            if (sum !== undefined) sum[i] = (sum[i] ?? 0) + error;
          }
        }
      }
    }
  return sums.map((own) => own.map((sum) => sum.indexOf(Math.min(...sum))));
}

interface Fit {
  /** Rows that it has not seen. */
  readonly test: Int32Array;
  /** @param penalty times the mean sum of squares. */
  factor(penalty: number): Float64Array | null;
  predict(factor: Float64Array, y: Float64Array): { readonly mean: number; readonly said: Float64Array };
}

/** Null where the features of what is left do not differ. */
type Fitter = (isOut: (row: number) => boolean) => Fit | null;

function fitter(x: Features): Fitter {
  let products: Float64Array | null = null;
  return (isOut) => {
    const all = Int32Array.from({ length: x.rows }, (_, row) => row);
    const [train, test] = [all.filter((row) => !isOut(row)), all.filter(isOut)];
    if (x.width < train.length) return overFeatures(x, train, test);
    products ??= productsOf(x);
    return overRows(x, products, train, test);
  };
}

function overFeatures({ width, values }: Features, train: Int32Array, test: Int32Array): Fit | null {
  const means = new Float64Array(width);
  for (const row of train)
    for (let a = 0; a < width; a++) means[a] = (means[a] ?? 0) + (values[row * width + a] ?? 0) / train.length;
  const centred = (rows: Int32Array): Float64Array => {
    const result = new Float64Array(rows.length * width);
    for (const [i, row] of rows.entries())
      for (let a = 0; a < width; a++) result[i * width + a] = (values[row * width + a] ?? 0) - (means[a] ?? 0);
    return result;
  };
  const [seen, unseen] = [centred(train), centred(test)];
  const gram = new Float64Array(width * width);
  for (let i = 0; i < seen.length; i += width)
    for (let a = 0; a < width; a++) {
      const each = seen[i + a] ?? 0;
      for (let b = 0; b <= a; b++) gram[a * width + b] = (gram[a * width + b] ?? 0) + each * (seen[i + b] ?? 0);
    }
  const whole = train.reduce((sum, row) => sum + squares(values, row, width), 0);
  return fitOf(gram, { size: width, width, whole, train, test }, (factor, target) => {
    const right = new Float64Array(width);
    for (const [i, each] of target.entries())
      for (let a = 0; a < width; a++) right[a] = (right[a] ?? 0) + each * (seen[i * width + a] ?? 0);
    return times(unseen, solveWith(factor, width, right));
  });
}

// w = Xᵀ (X·Xᵀ + λ)⁻¹ y: the same predictions from a system of rows × rows.
function overRows({ rows, width }: Features, products: Float64Array, train: Int32Array, test: Int32Array): Fit | null {
  const n = train.length;
  const meanWith = (row: number): number =>
    train.reduce((sum, other) => sum + (products[row * rows + other] ?? 0), 0) / n;
  const means = Float64Array.from(train, meanWith);
  const grand = means.reduce((sum, each) => sum + each, 0) / n;
  const centred = (some: Int32Array): Float64Array => {
    const result = new Float64Array(some.length * n);
    for (const [i, row] of some.entries()) {
      const own = meanWith(row);
      for (let j = 0; j < n; j++)
        result[i * n + j] = (products[row * rows + (train[j] ?? 0)] ?? 0) - own - (means[j] ?? 0) + grand;
    }
    return result;
  };
  const across = centred(test);
  const whole = train.reduce((sum, row) => sum + (products[row * rows + row] ?? 0), 0);
  return fitOf(centred(train), { size: n, width, whole, train, test }, (factor, target) =>
    times(across, solveWith(factor, n, target)),
  );
}

interface System {
  readonly size: number;
  readonly width: number;
  /** Sum of squares, not about the mean. */
  readonly whole: number;
  readonly train: Int32Array;
  readonly test: Int32Array;
}

function fitOf(
  matrix: Float64Array,
  { size, width, whole, train, test }: System,
  solve: (factor: Float64Array, target: Float64Array) => Float64Array,
): Fit | null {
  let trace = 0;
  for (let i = 0; i < size; i++) trace += matrix[i * size + i] ?? 0;
  // Features that do not differ leave nothing but rounding.
  if (train.length === 0 || trace <= 1e-9 * whole) return null;
  return {
    test,
    factor: (penalty) => {
      const held = matrix.slice();
      for (let i = 0; i < size; i++) held[i * size + i] = (held[i * size + i] ?? 0) + (penalty * trace) / width;
      return cholesky(held, size);
    },
    predict: (factor, y) => {
      const mean = train.reduce((sum, row) => sum + (y[row] ?? 0), 0) / train.length;
      const target = Float64Array.from(train, (row) => (y[row] ?? 0) - mean);
      return { mean, said: solve(factor, target).map((each) => mean + each) };
    },
  };
}

function productsOf({ rows, width, values }: Features): Float64Array {
  const products = new Float64Array(rows * rows);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let a = 0; a < width; a++) sum += (values[i * width + a] ?? 0) * (values[j * width + a] ?? 0);
      products[i * rows + j] = products[j * rows + i] = sum;
    }
  return products;
}

function squares(values: Float64Array, row: number, width: number): number {
  let sum = 0;
  for (let at = row * width; at < (row + 1) * width; at++) sum += (values[at] ?? 0) ** 2;
  return sum;
}

/** A matrix times a column. */
function times(matrix: Float64Array, column: Float64Array): Float64Array {
  const width = column.length;
  const result = new Float64Array(matrix.length / width);
  for (let i = 0; i < result.length; i++) {
    let sum = 0;
    for (let a = 0; a < width; a++) sum += (matrix[i * width + a] ?? 0) * (column[a] ?? 0);
    result[i] = sum;
  }
  return result;
}
