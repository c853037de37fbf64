/** Single ridge regressions: some rows left out, several labels and penalties. Solved over features or over rows, whichever costs less. */

import { factorInto, solveEach } from "../base/linear-algebra.js";
import { type Scratch, scratch } from "./scratch.js";

/** `[rows, width]`, row after row. */
export interface Features {
  readonly rows: number;
  readonly width: number;
  readonly values: Float64Array;
}

/** A ridge regression on the rows that are not left out. It holds until its fitter makes the next one. */
export interface Fit {
  /** Rows that it has not seen. */
  readonly test: Int32Array;
  /** What is to be predicted, less its mean over the rows seen. */
  readonly target: (y: Float64Array) => Target;
  /** @param penalties times the mean sum of squares. @returns by penalty; null where the system is singular. */
  predict(penalties: readonly number[], targets: readonly Target[]): (Predicted[] | null)[];
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
  const room = scratch();
  return (isOut) => {
    const split = splitOf(x.rows, isOut);
    if (ROWS_PER_FEATURE * x.width < split.train.length) return overFeatures(x, { ...split, room });
    products ??= productsOf(x);
    return overRows(x, products, { ...split, room });
  };
}

interface Split {
  readonly train: Int32Array;
  readonly test: Int32Array;
}

interface Room {
  readonly room: Scratch;
}

function splitOf(rows: number, isOut: (row: number) => boolean): Split {
  const both = new Int32Array(rows);
  let seen = 0;
  let unseen = rows;
  for (let row = 0; row < rows; row++)
    if (isOut(row)) both[--unseen] = row;
    else both[seen++] = row;
  return { train: both.subarray(0, seen), test: both.subarray(seen).reverse() };
}

function overFeatures({ width, values }: Features, { train, test, room }: Split & Room): Fit | null {
  const means = new Float64Array(width);
  for (const row of train)
    for (let a = 0; a < width; a++) means[a] = (means[a] ?? 0) + (values[row * width + a] ?? 0) / train.length;
  const centred = (rows: Int32Array, into: Float64Array): Float64Array => {
    for (let i = 0, to = 0; i < rows.length; i++) {
      const from = (rows[i] ?? 0) * width;
      for (let a = 0; a < width; a++, to++) into[to] = (values[from + a] ?? 0) - (means[a] ?? 0);
    }
    return into;
  };
  const seen = centred(train, room("seen", train.length * width));
  const across = centred(test, room("across", test.length * width));
  const matrix = room("matrix", width * width);
  addProducts(matrix.fill(0), seen, { width });
  const whole = train.reduce((sum, row) => sum + squares(values, row, width), 0);
  return fitOf(
    { matrix, across, room },
    {
      ...{ size: width, width, whole, train, test },
      right: (target) => {
        const right = new Float64Array(width);
        for (let i = 0; i < target.length; i++) {
          const each = target[i] ?? 0;
          for (let a = 0; a < width; a++) right[a] = (right[a] ?? 0) + each * (seen[i * width + a] ?? 0);
        }
        return right;
      },
    },
  );
}

/** Adds each row's products of features to the lower half, row after row. */
function addProducts(gram: Float64Array, rows: Float64Array, { width }: { readonly width: number }): void {
  for (let row = 0; row < rows.length; row += width)
    for (let a = 0; a < width; a++) {
      const each = rows[row + a] ?? 0;
      for (let b = 0, at = a * width; b <= a; b++, at++) gram[at] = (gram[at] ?? 0) + each * (rows[row + b] ?? 0);
    }
}

// w = Xᵀ (X·Xᵀ + λ)⁻¹ y: the same predictions from a system of rows × rows.
function overRows({ rows, width }: Features, products: Float64Array, { train, test, room }: Split & Room): Fit | null {
  const n = train.length;
  const means = meansOver(products, { train, means: room("means", rows) });
  const grand = train.reduce((sum, row) => sum + (means[row] ?? 0), 0) / n;
  // Of a system that is the same on both sides of its diagonal only the lower half is read.
  const centred = (
    some: Int32Array,
    { into, isLower }: { readonly into: Float64Array; readonly isLower: boolean },
  ): Float64Array => {
    for (let i = 0; i < some.length; i++) {
      const row = some[i] ?? 0;
      const own = (means[row] ?? 0) - grand;
      const last = isLower ? i + 1 : n;
      for (let j = 0; j < last; j++) {
        const other = train[j] ?? 0;
        into[i * n + j] = (products[row * rows + other] ?? 0) - own - (means[other] ?? 0);
      }
    }
    return into;
  };
  const across = centred(test, { into: room("across", test.length * n), isLower: false });
  const matrix = centred(train, { into: room("matrix", n * n), isLower: true });
  const whole = train.reduce((sum, row) => sum + (products[row * rows + row] ?? 0), 0);
  return fitOf({ matrix, across, room }, { size: n, width, whole, train, test, right: (target) => target });
}

/** Of every row, the mean of its products with the training rows. */
function meansOver(
  products: Float64Array,
  { train, means }: { readonly train: Int32Array; readonly means: Float64Array },
): Float64Array {
  const rows = means.length;
  const n = train.length;
  let row = 0;
  // Four rows at a time: their sums do not wait for each other.
  for (; row + 3 < rows; row += 4) {
    const at = row * rows;
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    for (let j = 0; j < n; j++) {
      const other = at + (train[j] ?? 0);
      s0 += products[other] ?? 0;
      s1 += products[other + rows] ?? 0;
      s2 += products[other + 2 * rows] ?? 0;
      s3 += products[other + 3 * rows] ?? 0;
    }
    means[row] = s0 / n;
    means[row + 1] = s1 / n;
    means[row + 2] = s2 / n;
    means[row + 3] = s3 / n;
  }
  for (; row < rows; row++) {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += products[row * rows + (train[j] ?? 0)] ?? 0;
    means[row] = sum / n;
  }
  return means;
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

interface Matrices extends Room {
  /** Its lower half. */
  readonly matrix: Float64Array;
  /** From a solution of the system to the rows not seen. */
  readonly across: Float64Array;
}

function fitOf({ matrix, across, room }: Matrices, system: System): Fit | null {
  const { size, width, whole, train, test, right } = system;
  let trace = 0;
  for (let i = 0; i < size; i++) trace += matrix[i * size + i] ?? 0;
  // Features that do not differ leave nothing but rounding.
  if (train.length === 0 || trace <= 1e-9 * whole) return null;
  return {
    test,
    target: (y) => {
      let sum = 0;
      for (let i = 0; i < train.length; i++) sum += y[train[i] ?? 0] ?? 0;
      const mean = sum / train.length;
      const less = new Float64Array(train.length);
      for (let i = 0; i < train.length; i++) less[i] = (y[train[i] ?? 0] ?? 0) - mean;
      return { mean, right: right(less) };
    },
    predict: (penalties, targets) => {
      const factors = penalties.map((penalty, at) => {
        const l = room(`factor ${at}`, size * size);
        return factorInto(l, matrix, { n: size, shift: (penalty * trace) / width }) ? l : null;
      });
      const known = factors.flatMap((l) => (l === null ? [] : targets.map(({ right: b }) => ({ l, b }))));
      const solved = solveEach(known, size).values();
      return factors.map((l) =>
        l === null
          ? null
          : targets.map(({ mean }) => {
              const said = times(across, solved.next().value ?? new Float64Array(size));
              for (let row = 0; row < said.length; row++) said[row] = mean + (said[row] ?? 0);
              return { mean, said };
            }),
      );
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
    result[i] = s0;
    result[i + 1] = s1;
    result[i + 2] = s2;
    result[i + 3] = s3;
  }
  for (; i < result.length; i++) {
    let sum = 0;
    for (let a = 0; a < width; a++) sum += (matrix[i * width + a] ?? 0) * (column[a] ?? 0);
    result[i] = sum;
  }
  return result;
}
