/** Sizes of Jacobians, and products of them. */

// A step changes the value by less than this share of it: the rest is far below what is printed.
const SETTLED = 1e-10;
const MOST_STEPS = 1000;

/** A square matrix, row after row. */
export interface Square {
  readonly width: number;
  readonly data: Float64Array;
}

/** Root of the sum of squares of all numbers: √width times the root mean square of ‖Jv‖ over directions v of length 1. */
export function frobeniusNorm({ data }: Square): number {
  return lengthOf(data);
}

/** The largest ‖Jv‖ of all directions v of length 1: its largest singular value, by power iteration. */
export function spectralNorm(matrix: Square): number {
  const { width } = matrix;
  // No singular vector of a trained matrix is at right angles to this one.
  let direction = unitOf(Float64Array.from({ length: width }, (_, i) => 1 + ((i * 0.618) % 1)));
  let before = 0;
  for (let step = 0; step < MOST_STEPS; step++) {
    const image = times(matrix, direction);
    const value = lengthOf(image);
    if (value === 0 || Math.abs(value - before) <= SETTLED * value) return value;
    before = value;
    direction = unitOf(transposedTimes(matrix, image));
  }
  return before;
}

/** `[width]`. */
export function times({ width, data }: Square, x: Float64Array): Float64Array {
  return Float64Array.from({ length: width }, (_, row) => {
    let sum = 0;
    for (let i = 0; i < width; i++) sum += (data[row * width + i] ?? 0) * (x[i] ?? 0);
    return sum;
  });
}

function transposedTimes({ width, data }: Square, y: Float64Array): Float64Array {
  const sums = new Float64Array(width);
  for (let row = 0; row < width; row++)
    for (let i = 0; i < width; i++) sums[i] = (sums[i] ?? 0) + (data[row * width + i] ?? 0) * (y[row] ?? 0);
  return sums;
}

/** `sum + a · b`, in place. */
export function addProduct(sum: Square, a: Square, b: Square): void {
  const { width } = sum;
  for (let row = 0; row < width; row++)
    for (let k = 0; k < width; k++) {
      const factor = a.data[row * width + k] ?? 0;
      for (let i = 0; i < width; i++)
        sum.data[row * width + i] = (sum.data[row * width + i] ?? 0) + factor * (b.data[k * width + i] ?? 0);
    }
}

/** Euclidean length. */
export function lengthOf(x: Float32Array | Float64Array): number {
  let sum = 0;
  for (const value of x) sum += value * value;
  return Math.sqrt(sum);
}

/** Of length 1; one of length 0 stays as it is. */
export function unitOf(x: Float32Array | Float64Array): Float64Array {
  const length = lengthOf(x);
  return Float64Array.from(x, (value) => (length === 0 ? 0 : value / length));
}
