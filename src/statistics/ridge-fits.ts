/** Single ridge regressions: some rows left out, several labels and penalties. Solved over features or over rows, whichever costs less. */

import { cholesky, solveEach } from "../base/linear-algebra.js";

/** `[rows, width]`, row after row. */
export interface Features {
  readonly rows: number;
  readonly width: number;
  readonly values: Float64Array;
}

/** A ridge regression on the rows that are not left out. */
export interface Fit {
  /** Rows that it has not seen. */
  readonly test: Int32Array;
  /** What is to be predicted, less its mean over the rows seen. */
  readonly target: (y: Float64Array) => Target;
  /** @param penalty times the mean sum of squares. @returns null where the system is singular. */
  predict(penalty: number, targets: readonly Target[]): Predicted[] | null;
}

/** Of one label. */
export interface Target {
  readonly mean: number;
  /** Right side of the system. */
  readonly right: Float64Array;
}

/** Of one label, on the rows left out. */
export interface Predicted {
  readonly mean: number;
  readonly said: Float64Array;
}

/** Null where the features of what is left do not differ. */
export type Fitter = (isOut: (row: number) => boolean) => Fit | null;

// The products of rows serve every fit, those of features are made anew: up to here the larger system costs less.
const ROWS_PER_FEATURE = 1.5;

/** What fits on the same features share is computed once. */
export function fitter(x: Features): Fitter {
  let products: Float64Array | null = null;
  return (isOut) => {
    const all = Int32Array.from({ length: x.rows }, (_, row) => row);
    const [train, test] = [all.filter((row) => !isOut(row)), all.filter(isOut)];
    if (ROWS_PER_FEATURE * x.width < train.length) return overFeatures(x, train, test);
    products ??= productsOf(x);
    return overRows(x, products, { train, test });
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
  return fitOf(gram, unseen, {
    ...{ size: width, width, whole, train, test },
    right: (target) => {
      const right = new Float64Array(width);
      for (const [i, each] of target.entries())
        for (let a = 0; a < width; a++) right[a] = (right[a] ?? 0) + each * (seen[i * width + a] ?? 0);
      return right;
    },
  });
}

// w = Xᵀ (X·Xᵀ + λ)⁻¹ y: the same predictions from a system of rows × rows.
function overRows(
  { rows, width }: Features,
  products: Float64Array,
  { train, test }: { readonly train: Int32Array; readonly test: Int32Array },
): Fit | null {
  const n = train.length;
  // Of every row with the training rows.
  const means = Float64Array.from({ length: rows }, (_, row) => {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += products[row * rows + (train[j] ?? 0)] ?? 0;
    return sum / n;
  });
  const grand = train.reduce((sum, row) => sum + (means[row] ?? 0), 0) / n;
  const centred = (some: Int32Array): Float64Array => {
    const result = new Float64Array(some.length * n);
    for (const [i, row] of some.entries()) {
      const own = (means[row] ?? 0) - grand;
      for (let j = 0; j < n; j++) {
        const other = train[j] ?? 0;
        result[i * n + j] = (products[row * rows + other] ?? 0) - own - (means[other] ?? 0);
      }
    }
    return result;
  };
  const across = centred(test);
  const whole = train.reduce((sum, row) => sum + (products[row * rows + row] ?? 0), 0);
  return fitOf(centred(train), across, { size: n, width, whole, train, test, right: (target) => target });
}

interface System {
  readonly size: number;
  readonly width: number;
  /** Sum of squares, not about the mean. */
  readonly whole: number;
  readonly train: Int32Array;
  readonly test: Int32Array;
  right(target: Float64Array): Float64Array;
}

/** @param across from a solution of the system to the rows not seen. */
function fitOf(matrix: Float64Array, across: Float64Array, system: System): Fit | null {
  const { size, width, whole, train, test, right } = system;
  let trace = 0;
  for (let i = 0; i < size; i++) trace += matrix[i * size + i] ?? 0;
  // Features that do not differ leave nothing but rounding.
  if (train.length === 0 || trace <= 1e-9 * whole) return null;
  return {
    test,
    target: (y) => {
      const mean = train.reduce((sum, row) => sum + (y[row] ?? 0), 0) / train.length;
      return { mean, right: right(Float64Array.from(train, (row) => (y[row] ?? 0) - mean)) };
    },
    predict: (penalty, targets) => {
      const held = matrix.slice();
      for (let i = 0; i < size; i++) held[i * size + i] = (held[i * size + i] ?? 0) + (penalty * trace) / width;
      const factor = cholesky(held, size);
      if (factor === null) return null;
      const solved = solveEach(
        factor,
        size,
        targets.map((each) => each.right),
      );
      return targets.map(({ mean }, i) => {
        const said = times(across, solved[i] ?? new Float64Array(size));
        for (let row = 0; row < said.length; row++) said[row] = mean + (said[row] ?? 0);
        return { mean, said };
      });
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
  let i = 0;
  // Four rows at a time: their sums do not wait for each other.
  for (; i + 3 < result.length; i += 4) {
    const at = i * width;
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    for (let a = 0; a < width; a++) {
      const each = column[a] ?? 0;
      s0 += (matrix[at + a] ?? 0) * each;
      s1 += (matrix[at + width + a] ?? 0) * each;
      s2 += (matrix[at + 2 * width + a] ?? 0) * each;
      s3 += (matrix[at + 3 * width + a] ?? 0) * each;
    }
    result.set([s0, s1, s2, s3], i);
  }
  for (; i < result.length; i++) {
    let sum = 0;
    for (let a = 0; a < width; a++) sum += (matrix[i * width + a] ?? 0) * (column[a] ?? 0);
    result[i] = sum;
  }
  return result;
}
