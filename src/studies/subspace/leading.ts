/** The directions along which a symmetric matrix is largest: its top eigenvectors. */

import { orthonormalRows } from "../../base/orthonormal.js";
import type { RandomSource } from "../../base/random.js";

const ROUNDS = 200;
// More vectors than are asked for: the largest in size can be the most negative.
const SPARE = 8;
// Keeps vectors apart that the matrix sends to 0.
const SHARE = 1e-3;

/** A symmetric matrix `[width, width]`, and how its directions are looked for. */
export interface LeadingRequest {
  readonly width: number;
  readonly rank: number;
  /** Of the first vectors. */
  readonly random: RandomSource;
}

/**
 * Block power iteration, and Rayleigh-Ritz at its end.
 *
 * @returns `[rank, width]`, orthonormal, the largest eigenvalue first.
 */
export function leadingDirections(
  matrix: Float64Array,
  { width, rank, random }: LeadingRequest,
): { readonly rows: Float64Array; readonly values: readonly number[] } {
  const count = Math.min(width, 2 * rank + SPARE);
  const shift = SHARE * largestRow(matrix, width);
  let block: Float64Array = Float64Array.from({ length: count * width }, () => random.normal());
  block = orthonormal(block, count);
  for (let round = 0; round < ROUNDS && shift > 0; round++) {
    const image = times(matrix, { block, width });
    for (const i of image.keys()) image[i] = ((image[i] ?? 0) + shift * (block[i] ?? 0)) / (shift / SHARE);
    block = orthonormal(image, count);
  }
  const image = times(matrix, { block, width });
  const small = Float64Array.from({ length: count * count }, (_, at) =>
    dot(block, image, { a: Math.floor(at / count), b: at % count, width }),
  );
  const { values, vectors } = symmetricEigen(small, count);
  const order = [...values.keys()].sort((a, b) => (values[b] ?? 0) - (values[a] ?? 0)).slice(0, rank);
  const rows = new Float64Array(rank * width);
  for (const [row, which] of order.entries())
    for (let k = 0; k < count; k++) {
      const weight = vectors[k * count + which] ?? 0;
      for (let i = 0; i < width; i++)
        rows[row * width + i] = (rows[row * width + i] ?? 0) + weight * (block[k * width + i] ?? 0);
    }
  return { rows, values: order.map((which) => values[which] ?? 0) };
}

function largestRow(matrix: Float64Array, width: number): number {
  let most = 0;
  for (let row = 0; row < width; row++)
    most = Math.max(
      most,
      matrix.subarray(row * width, (row + 1) * width).reduce((sum, value) => sum + Math.abs(value), 0),
    );
  return most;
}

function orthonormal(vectors: Float64Array, count: number): Float64Array {
  const made = orthonormalRows(Float32Array.from(vectors), count);
  if (made.kind === "dependent") throw new RangeError(`Vector ${made.row} of ${count} adds nothing to those before it`);
  return made.rows;
}

/** Each row of `block` through the matrix. */
function times(
  matrix: Float64Array,
  { block, width }: { readonly block: Float64Array; readonly width: number },
): Float64Array {
  const image = new Float64Array(block.length);
  for (let from = 0; from < block.length; from += width)
    for (let row = 0; row < width; row++) {
      const weight = block[from + row] ?? 0;
      // Symmetric: its rows are its columns.
      for (let i = 0, at = row * width; i < width; i++, at++)
        image[from + i] = (image[from + i] ?? 0) + weight * (matrix[at] ?? 0);
    }
  return image;
}

function dot(
  x: Float64Array,
  y: Float64Array,
  { a, b, width }: { readonly a: number; readonly b: number; readonly width: number },
): number {
  let sum = 0;
  for (let i = 0; i < width; i++) sum += (x[a * width + i] ?? 0) * (y[b * width + i] ?? 0);
  return sum;
}

/** All eigenvectors of a small symmetric matrix by Jacobi's rotations; `vectors` has them as columns. */
function symmetricEigen(given: Float64Array, n: number): { values: number[]; vectors: Float64Array } {
  const a = Float64Array.from(given);
  const vectors = Float64Array.from({ length: n * n }, (_, at) => (Math.floor(at / n) === at % n ? 1 : 0));
  const get = (i: number, j: number): number => a[i * n + j] ?? 0;
  for (let sweep = 0; sweep < 30; sweep++)
    for (let p = 0; p < n; p++)
      for (let q = p + 1; q < n; q++) {
        if (get(p, q) === 0) continue;
        const theta = (get(q, q) - get(p, p)) / (2 * get(p, q));
        const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(1, theta));
        const c = 1 / Math.hypot(1, t);
        rotate(a, { n, p, q, c, s: t * c, columns: true });
        rotate(a, { n, p, q, c, s: t * c, columns: false });
        rotate(vectors, { n, p, q, c, s: t * c, columns: true });
      }
  return { values: Array.from({ length: n }, (_, i) => get(i, i)), vectors };
}

interface Rotation {
  readonly n: number;
  readonly p: number;
  readonly q: number;
  readonly c: number;
  readonly s: number;
  /** Two columns are turned, or two rows. */
  readonly columns: boolean;
}

function rotate(a: Float64Array, { n, p, q, c, s, columns }: Rotation): void {
  for (let k = 0; k < n; k++) {
    const [i, j] = columns ? [k * n + p, k * n + q] : [p * n + k, q * n + k];
    const [x, y] = [a[i] ?? 0, a[j] ?? 0];
    a[i] = c * x - s * y;
    a[j] = s * x + c * y;
  }
}
