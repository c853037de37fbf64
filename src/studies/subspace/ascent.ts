/** Orthonormal directions that climb: Adam's steps (Kingma and Ba 2015), and after each the Q of a QR decomposition. */

import { orthonormalRows } from "../../base/orthonormal.js";

const [FIRST, SECOND] = [0.9, 0.999];
const LEAST = 1e-8;

/** A basis `[rank, width]` that is moved up a gradient. */
export class BasisAscent {
  readonly rank: number;
  readonly #rate: number;
  #rows: Float64Array;
  readonly #mean: Float64Array;
  readonly #square: Float64Array;
  #steps = 0;

  /** @param start `[rank, width]`, of independent rows. @param rate length of a component's step. */
  constructor(start: Float32Array, { rank, rate }: { readonly rank: number; readonly rate: number }) {
    this.rank = rank;
    this.#rate = rate;
    this.#rows = orthonormal(start, rank);
    this.#mean = new Float64Array(start.length);
    this.#square = new Float64Array(start.length);
  }

  /** Orthonormal rows. */
  get rows(): Float64Array {
    return this.#rows;
  }

  /** One step up. @param gradient `[rank, width]`. */
  step(gradient: Float64Array): void {
    this.#steps += 1;
    const [forFirst, forSecond] = [1 - FIRST ** this.#steps, 1 - SECOND ** this.#steps];
    const moved = Float32Array.from(this.#rows, (value, i) => {
      const g = gradient[i] ?? 0;
      const mean = FIRST * (this.#mean[i] ?? 0) + (1 - FIRST) * g;
      const square = SECOND * (this.#square[i] ?? 0) + (1 - SECOND) * g * g;
      this.#mean[i] = mean;
      this.#square[i] = square;
      return value + (this.#rate * (mean / forFirst)) / (Math.sqrt(square / forSecond) + LEAST);
    });
    this.#rows = orthonormal(moved, this.rank);
  }
}

function orthonormal(vectors: Float32Array, rank: number): Float64Array {
  const made = orthonormalRows(vectors, rank);
  if (made.kind === "dependent")
    throw new RangeError(`Direction ${made.row} of ${rank} adds nothing to those before it`);
  return made.rows;
}
