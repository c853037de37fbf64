/** Small dense systems: Cholesky factor, solution, inverse. Matrices are square, row after row. */

/** Lower factor L with L·Lᵀ = A; null where A is not positive definite (a pivot below `tolerance` of its diagonal). */
export function cholesky(a: Float64Array, n: number, tolerance = 1e-12): Float64Array | null {
  const l = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      let sum = a[i * n + j] ?? 0;
      for (let k = 0; k < j; k++) sum -= (l[i * n + k] ?? 0) * (l[j * n + k] ?? 0);
      if (i > j) l[i * n + j] = sum / (l[j * n + j] ?? 1);
      else if (sum > tolerance * (a[i * n + i] ?? 0)) l[i * n + i] = Math.sqrt(sum);
      else return null;
    }
  return l;
}

/** x of A·x = b from A's factor. */
export function solveWith(l: Float64Array, n: number, b: ArrayLike<number>): Float64Array {
  const x = Float64Array.from(b);
  for (let i = 0; i < n; i++) {
    let sum = x[i] ?? 0;
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

/** A's inverse from its factor. */
export function inverseWith(l: Float64Array, n: number): Float64Array {
  const inverse = new Float64Array(n * n);
  for (let j = 0; j < n; j++) {
    const column = solveWith(
      l,
      n,
      Float64Array.from({ length: n }, (_, i) => (i === j ? 1 : 0)),
    );
    for (let i = 0; i < n; i++) inverse[i * n + j] = column[i] ?? 0;
  }
  return inverse;
}

/** X of A·X = B from A's factor. @param b `[n, width]`, row after row. */
export function solveMany(l: Float64Array, n: number, b: Float64Array): Float64Array {
  const width = b.length / n;
  const x = b.slice();
  const subtract = (row: number, other: number, factor: number): void => {
    const [to, from] = [row * width, other * width];
    for (let c = 0; c < width; c++) x[to + c] = (x[to + c] ?? 0) - factor * (x[from + c] ?? 0);
  };
  const divide = (row: number): void => {
    const pivot = l[row * n + row] ?? 1;
    for (let c = row * width; c < (row + 1) * width; c++) x[c] = (x[c] ?? 0) / pivot;
  };
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) subtract(i, k, l[i * n + k] ?? 0);
    divide(i);
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) subtract(i, k, l[k * n + i] ?? 0);
    divide(i);
  }
  return x;
}
