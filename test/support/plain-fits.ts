/** Linear algebra and ridge regression one element and one fit after another: no rows at a time, nothing shared between fits. */

import type { HeldOut, HeldOutOptions } from "../../src/statistics/held-out-ridge.js";
import type { Features } from "../../src/statistics/ridge-fits.js";

/** Lower factor; null where A is not positive definite. */
export function plainCholesky(a: Float64Array, n: number): Float64Array | null {
  const l = new Float64Array(n * n);
  for (let j = 0; j < n; j++)
    for (let i = j; i < n; i++) {
      let sum = a[i * n + j] ?? 0;
      for (let k = 0; k < j; k++) sum -= (l[i * n + k] ?? 0) * (l[j * n + k] ?? 0);
      if (i === j && !(sum > 1e-12 * (a[i * n + i] ?? 0))) return null;
      l[i * n + j] = i === j ? Math.sqrt(sum) : sum / (l[j * n + j] ?? 1);
    }
  return l;
}

/** x of A·x = b. */
export function plainSolve(l: Float64Array, n: number, b: ArrayLike<number>): Float64Array {
  const x = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let sum = b[i] ?? 0;
    for (let k = 0; k < i; k++) sum -= (l[i * n + k] ?? 0) * (x[k] ?? 0);
    x[i] = sum / (l[i * n + i] ?? 1);
  }
  for (let i = n - 1; i >= 0; i--) {
    let sum = x[i] ?? 0;
    for (let k = i + 1; k < n; k++) sum -= (l[k * n + i] ?? 0) * (x[k] ?? 0);
    x[i] = sum / (l[i * n + i] ?? 1);
  }
  return x;
}

/** Of one label: every fold's penalty, and its errors with it. */
export function plainHeldOut(x: Features, y: Float64Array, { fold, folds, penalties }: HeldOutOptions): HeldOut | null {
  const each = Array.from({ length: folds }, (_, i) => i);
  const errors = new Float64Array(2 * x.rows);
  const chosen: number[] = [];
  for (const out of each) {
    const sums = penalties.map((penalty) => {
      let sum = 0;
      for (const other of each.filter((fold) => fold !== out)) {
        const { test, said } = plainFit(x, y, { isOut: (row) => fold[row] === out || fold[row] === other, penalty });
        for (const [i, row] of test.entries()) if (fold[row] === other) sum += ((y[row] ?? 0) - (said[i] ?? 0)) ** 2;
      }
      return sum;
    });
    const penalty = penalties.length === 1 ? (penalties[0] ?? 0) : (penalties[sums.indexOf(Math.min(...sums))] ?? 0);
    chosen.push(penalty);
    const { test, said, mean } = plainFit(x, y, { isOut: (row) => fold[row] === out, penalty });
    for (const [i, row] of test.entries())
      errors.set([((y[row] ?? 0) - (said[i] ?? 0)) ** 2, ((y[row] ?? 0) - mean) ** 2], 2 * row);
  }
  return { errors, penalties: chosen };
}

function plainFit(
  { rows, width, values }: Features,
  y: Float64Array,
  { isOut, penalty }: { readonly isOut: (row: number) => boolean; readonly penalty: number },
): { readonly test: number[]; readonly said: number[]; readonly mean: number } {
  const all = Array.from({ length: rows }, (_, row) => row);
  const [train, test] = [all.filter((row) => !isOut(row)), all.filter(isOut)];
  const n = train.length;
  const at = (row: number, a: number): number => values[row * width + a] ?? 0;
  const features = Array.from({ length: width }, (_, a) => a);
  const sum = (list: readonly number[]): number => list.reduce((all, one) => all + one, 0);
  const mean = sum(train.map((row) => y[row] ?? 0)) / n;
  const less = train.map((row) => (y[row] ?? 0) - mean);
  if (1.5 * width < n) {
    const means = features.map((a) => train.reduce((all, row) => all + at(row, a) / n, 0));
    const centred = (row: number): number[] => features.map((a) => at(row, a) - (means[a] ?? 0));
    const seen = train.map(centred);
    const gram = Float64Array.from(
      features.flatMap((a) => features.map((b) => sum(seen.map((row) => (row[a] ?? 0) * (row[b] ?? 0))))),
    );
    const w = solved(
      gram,
      features.map((a) => sum(seen.map((row, i) => (less[i] ?? 0) * (row[a] ?? 0)))),
      { penalty, width },
    );
    return { test, mean, said: test.map((row) => mean + sum(centred(row).map((each, a) => each * (w[a] ?? 0)))) };
  }
  const product = (i: number, j: number): number =>
    sum(features.map((a) => at(Math.max(i, j), a) * at(Math.min(i, j), a)));
  const means = new Map(all.map((row) => [row, sum(train.map((other) => product(row, other))) / n]));
  const grand = sum(train.map((row) => means.get(row) ?? 0)) / n;
  const across = (row: number): number[] =>
    train.map((other) => product(row, other) - ((means.get(row) ?? 0) - grand) - (means.get(other) ?? 0));
  const w = solved(Float64Array.from(train.flatMap(across)), less, { penalty, width });
  return { test, mean, said: test.map((row) => mean + sum(across(row).map((each, j) => each * (w[j] ?? 0)))) };
}

function solved(
  a: Float64Array,
  b: readonly number[],
  { penalty, width }: { readonly penalty: number; readonly width: number },
): Float64Array {
  const n = b.length;
  let trace = 0;
  for (let i = 0; i < n; i++) trace += a[i * n + i] ?? 0;
  for (let i = 0; i < n; i++) a[i * n + i] = (a[i * n + i] ?? 0) + (penalty * trace) / width;
  const l = plainCholesky(a, n);
  return l === null ? new Float64Array(n) : plainSolve(l, n, b);
}
