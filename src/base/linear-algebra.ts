/** Small dense systems: Cholesky factor, solution, inverse. Matrices are square, row after row. */

/** Lower factor L with L·Lᵀ = A; null where A is not positive definite (a pivot below `tolerance` of its diagonal). */
export function cholesky(a: Float64Array, n: number, tolerance = 1e-12): Float64Array | null {
  const factor = new Float64Array(n * n);
  return factorInto(factor, a, { n, tolerance }) ? factor : null;
}

/**
 * The same of A + `shift`·I, written into `l`, where what is above the diagonal stays as it is. Only A's lower half is read.
 *
 * @returns false where it is not positive definite.
 */
export function factorInto(
  l: Float64Array,
  a: Float64Array,
  { n, shift = 0, tolerance = 1e-12 }: { readonly n: number; readonly shift?: number; readonly tolerance?: number },
): boolean {
  // Two columns at a time, whose elements are summed beside each other: each still subtracts one product after another.
  for (let j = 0; j < n; j += 2) {
    const isLast = j + 1 === n;
    const [own, next] = [j * n, isLast ? j * n : (j + 1) * n];
    const diagonal = (a[own + j] ?? 0) + shift;
    const below = isLast ? 0 : (a[next + j] ?? 0);
    const nextDiagonal = isLast ? 1 : (a[next + j + 1] ?? 0) + shift;
    let pivot = diagonal;
    let beside = below;
    let nextPivot = nextDiagonal;
    for (let k = 0; k < j; k++) {
      const [first, second] = [l[own + k] ?? 0, l[next + k] ?? 0];
      pivot -= first * first;
      beside -= second * first;
      nextPivot -= second * second;
    }
    if (!(pivot > tolerance * diagonal)) return false;
    const root = Math.sqrt(pivot);
    l[own + j] = root;
    if (isLast) return true;
    beside /= root;
    l[next + j] = beside;
    nextPivot -= beside * beside;
    if (!(nextPivot > tolerance * nextDiagonal)) return false;
    l[next + j + 1] = Math.sqrt(nextPivot);
    fillColumns(l, a, { n, j });
  }
  return true;
}

/** Columns j and j + 1 below their pivots. */
function fillColumns(l: Float64Array, a: Float64Array, { n, j }: { readonly n: number; readonly j: number }): void {
  const [own, next] = [j * n, (j + 1) * n];
  const [root, beside, nextRoot] = [l[own + j] ?? 1, l[next + j] ?? 0, l[next + j + 1] ?? 1];
  let i = j + 2;
  // Four rows at a time: their sums do not wait for each other.
  for (; i + 3 < n; i += 4) {
    const r0 = i * n;
    const r1 = r0 + n;
    const r2 = r1 + n;
    const r3 = r2 + n;
    let s0 = a[r0 + j] ?? 0;
    let s1 = a[r1 + j] ?? 0;
    let s2 = a[r2 + j] ?? 0;
    let s3 = a[r3 + j] ?? 0;
    let t0 = a[r0 + j + 1] ?? 0;
    let t1 = a[r1 + j + 1] ?? 0;
    let t2 = a[r2 + j + 1] ?? 0;
    let t3 = a[r3 + j + 1] ?? 0;
    for (let k = 0; k < j; k++) {
      const first = l[own + k] ?? 0;
      const second = l[next + k] ?? 0;
      const e0 = l[r0 + k] ?? 0;
      const e1 = l[r1 + k] ?? 0;
      const e2 = l[r2 + k] ?? 0;
      const e3 = l[r3 + k] ?? 0;
      s0 -= e0 * first;
      t0 -= e0 * second;
      s1 -= e1 * first;
      t1 -= e1 * second;
      s2 -= e2 * first;
      t2 -= e2 * second;
      s3 -= e3 * first;
      t3 -= e3 * second;
    }
    s0 /= root;
    s1 /= root;
    s2 /= root;
    s3 /= root;
    l[r0 + j] = s0;
    l[r1 + j] = s1;
    l[r2 + j] = s2;
    l[r3 + j] = s3;
    l[r0 + j + 1] = (t0 - s0 * beside) / nextRoot;
    l[r1 + j + 1] = (t1 - s1 * beside) / nextRoot;
    l[r2 + j + 1] = (t2 - s2 * beside) / nextRoot;
    l[r3 + j + 1] = (t3 - s3 * beside) / nextRoot;
  }
  for (; i < n; i++) {
    const row = i * n;
    let s = a[row + j] ?? 0;
    let t = a[row + j + 1] ?? 0;
    for (let k = 0; k < j; k++) {
      const each = l[row + k] ?? 0;
      s -= each * (l[own + k] ?? 0);
      t -= each * (l[next + k] ?? 0);
    }
    s /= root;
    l[row + j] = s;
    l[row + j + 1] = (t - s * beside) / nextRoot;
  }
}

/** x of A·x = b from A's factor. */
export function solveWith(l: Float64Array, n: number, b: ArrayLike<number>): Float64Array {
  const x = new Float64Array(b);
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

/** A factor and a right side. */
export interface System {
  readonly l: Float64Array;
  readonly b: ArrayLike<number>;
}

/** The same for several systems of one size, three at a time: their sums do not wait for each other. */
export function solveEach(systems: readonly System[], n: number): Float64Array[] {
  const x: Float64Array[] = systems.map(({ b }) => new Float64Array(b));
  for (let at = 0; at < x.length; at += 3) {
    const [a, b, c] = systems.slice(at, at + 3);
    const [x0, x1, x2] = x.slice(at, at + 3);
    if (a && b && c && x0 && x1 && x2) solveThree([a.l, b.l, c.l], n, [x0, x1, x2]);
    else if (a && x0) {
      x[at] = solveWith(a.l, n, a.b);
      if (b) x[at + 1] = solveWith(b.l, n, b.b);
    }
  }
  return x;
}

type Three = readonly [Float64Array, Float64Array, Float64Array];

function solveThree([l0, l1, l2]: Three, n: number, [x0, x1, x2]: Three): void {
  for (let i = 0; i < n; i++) {
    let s0 = x0[i] ?? 0;
    let s1 = x1[i] ?? 0;
    let s2 = x2[i] ?? 0;
    const row = i * n;
    for (let k = 0; k < i; k++) {
      s0 -= (l0[row + k] ?? 0) * (x0[k] ?? 0);
      s1 -= (l1[row + k] ?? 0) * (x1[k] ?? 0);
      s2 -= (l2[row + k] ?? 0) * (x2[k] ?? 0);
    }
    x0[i] = s0 / (l0[row + i] ?? 1);
    x1[i] = s1 / (l1[row + i] ?? 1);
    x2[i] = s2 / (l2[row + i] ?? 1);
  }
  for (let i = n - 1; i >= 0; i--) {
    let s0 = x0[i] ?? 0;
    let s1 = x1[i] ?? 0;
    let s2 = x2[i] ?? 0;
    for (let k = i + 1, at = k * n + i; k < n; k++, at += n) {
      s0 -= (l0[at] ?? 0) * (x0[k] ?? 0);
      s1 -= (l1[at] ?? 0) * (x1[k] ?? 0);
      s2 -= (l2[at] ?? 0) * (x2[k] ?? 0);
    }
    const pivot = i * n + i;
    x0[i] = s0 / (l0[pivot] ?? 1);
    x1[i] = s1 / (l1[pivot] ?? 1);
    x2[i] = s2 / (l2[pivot] ?? 1);
  }
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
