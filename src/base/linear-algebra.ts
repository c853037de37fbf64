/** Small dense systems: Cholesky factor, solution, inverse. Matrices are square, row after row. */

/** Lower factor L with L·Lᵀ = A; null where A is not positive definite (a pivot below `tolerance` of its diagonal). */
export function cholesky(a: Float64Array, n: number, tolerance = 1e-12): Float64Array | null {
  const l = new Float64Array(n * n);
  for (let j = 0; j < n; j++) {
    const own = j * n;
    let pivot = a[own + j] ?? 0;
    for (let k = 0; k < j; k++) pivot -= (l[own + k] ?? 0) * (l[own + k] ?? 0);
    if (!(pivot > tolerance * (a[own + j] ?? 0))) return null;
    const root = Math.sqrt(pivot);
    l[own + j] = root;
    let i = j + 1;
    // Four rows at a time: their sums do not wait for each other.
    for (; i + 3 < n; i += 4) {
      const [r0, r1, r2, r3] = [i * n, (i + 1) * n, (i + 2) * n, (i + 3) * n];
      let s0 = a[r0 + j] ?? 0;
      let s1 = a[r1 + j] ?? 0;
      let s2 = a[r2 + j] ?? 0;
      let s3 = a[r3 + j] ?? 0;
      for (let k = 0; k < j; k++) {
        const each = l[own + k] ?? 0;
        s0 -= (l[r0 + k] ?? 0) * each;
        s1 -= (l[r1 + k] ?? 0) * each;
        s2 -= (l[r2 + k] ?? 0) * each;
        s3 -= (l[r3 + k] ?? 0) * each;
      }
      l[r0 + j] = s0 / root;
      l[r1 + j] = s1 / root;
      l[r2 + j] = s2 / root;
      l[r3 + j] = s3 / root;
    }
    for (; i < n; i++) {
      let sum = a[i * n + j] ?? 0;
      for (let k = 0; k < j; k++) sum -= (l[i * n + k] ?? 0) * (l[own + k] ?? 0);
      l[i * n + j] = sum / root;
    }
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

/** The same for several right sides, three at a time. */
export function solveEach(l: Float64Array, n: number, columns: readonly Float64Array[]): Float64Array[] {
  const x: Float64Array[] = columns.map((column) => column.slice());
  for (let at = 0; at < x.length; at += 3) {
    const [x0, x1, x2] = [x[at], x[at + 1], x[at + 2]];
    if (x0 !== undefined && x1 !== undefined && x2 !== undefined) solveThree(l, n, [x0, x1, x2]);
    else for (let rest = at; rest < x.length; rest++) x[rest] = solveWith(l, n, x[rest] ?? []);
  }
  return x;
}

function solveThree(l: Float64Array, n: number, three: readonly [Float64Array, Float64Array, Float64Array]): void {
  const [x0, x1, x2] = three;
  // Down the rows of L, then up its columns.
  const step = (
    i: number,
    { from, to, isRow }: { readonly from: number; readonly to: number; readonly isRow: boolean },
  ): void => {
    let s0 = x0[i] ?? 0;
    let s1 = x1[i] ?? 0;
    let s2 = x2[i] ?? 0;
    for (let k = from; k < to; k++) {
      const each = l[isRow ? i * n + k : k * n + i] ?? 0;
      s0 -= each * (x0[k] ?? 0);
      s1 -= each * (x1[k] ?? 0);
      s2 -= each * (x2[k] ?? 0);
    }
    const root = l[i * n + i] ?? 1;
    x0[i] = s0 / root;
    x1[i] = s1 / root;
    x2[i] = s2 / root;
  };
  for (let i = 0; i < n; i++) step(i, { from: 0, to: i, isRow: true });
  for (let i = n - 1; i >= 0; i--) step(i, { from: i + 1, to: n, isRow: false });
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
