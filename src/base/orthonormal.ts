/** Orthonormal directions that span what some vectors span. */

// Of float32 vectors, what is left of one that lies within the others is rounding.
const LEAST_SHARE = 1e-5;

/** Directions, or the first vector that adds none to those before it. */
export type Orthonormal =
  | { readonly kind: "basis"; readonly rows: Float64Array }
  | { readonly kind: "dependent"; readonly row: number };

/**
 * The Q of a QR decomposition, by modified Gram-Schmidt with a second pass (Björck 1994).
 *
 * @param vectors `[k, d]`, row by row. @returns `[k, d]` in the same order.
 */
export function orthonormalRows(vectors: Float32Array, k: number): Orthonormal {
  const d = vectors.length / k;
  const rows = Float64Array.from(vectors);
  for (let row = 0; row < k; row++) {
    const own = rows.subarray(row * d, (row + 1) * d);
    const before = norm(own);
    for (let pass = 0; pass < 2; pass++)
      for (let other = 0; other < row; other++) subtractAlong(own, rows.subarray(other * d, (other + 1) * d));
    const left = norm(own);
    if (!(left > LEAST_SHARE * before)) return { kind: "dependent", row };
    for (const i of own.keys()) own[i] = (own[i] ?? 0) / left;
  }
  return { kind: "basis", rows };
}

function norm(x: Float64Array): number {
  return Math.hypot(...x);
}

/** Takes the component along a direction of length 1 away. */
function subtractAlong(x: Float64Array, direction: Float64Array): void {
  const along = x.reduce((sum, value, i) => sum + value * (direction[i] ?? 0), 0);
  for (const i of x.keys()) x[i] = (x[i] ?? 0) - along * (direction[i] ?? 0);
}
