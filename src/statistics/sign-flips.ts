/** Signs of sign-flip tests. Tests of equal seed flip alike, and there are hundreds of them in a comparison: they are drawn once. */

import { type RandomSource, randomSource } from "./random-source.js";

/** How many signs are wanted. */
interface Wanted {
  readonly flips: number;
  /** Signs of one flip. */
  readonly size: number;
}

/** Signs that are kept at most, a byte each. Longer rows are drawn anew by every test. */
const MOST_KEPT = 2 ** 25;
/** Signs that are drawn at once. */
const CHUNK = 2 ** 16;

/** One seed's signs, as many as any test has wanted. */
class Signs {
  readonly #random: RandomSource;
  #drawn = new Int8Array(0);

  constructor(readonly seed: number) {
    this.#random = randomSource(seed);
  }

  first(count: number): Int8Array {
    const held = this.#drawn.length;
    if (held < count) {
      const longer = new Int8Array(count);
      longer.set(this.#drawn);
      draw(longer.subarray(held), this.#random);
      this.#drawn = longer;
    }
    return this.#drawn;
  }
}

/** The signs that were wanted last. */
let kept: Signs | null = null;

/**
 * Rows of +1 and −1, drawn one after the other: each holds until the next is asked for.
 *
 * @example
 * ```ts
 * [...flippedSigns(1, { flips: 3, size: 2 })].length; // → 3
 * ```
 */
export function* flippedSigns(seed: number, { flips, size }: Wanted): Generator<Int8Array> {
  if (flips * size > MOST_KEPT) {
    yield* drawnSigns(randomSource(seed), { flips, size });
    return;
  }
  if (kept?.seed !== seed) kept = new Signs(seed);
  const signs = kept.first(flips * size);
  for (let flip = 0; flip < flips; flip++) yield signs.subarray(flip * size, (flip + 1) * size);
}

function* drawnSigns(random: RandomSource, { flips, size }: Wanted): Generator<Int8Array> {
  const rows = Math.max(1, Math.floor(CHUNK / size));
  const signs = new Int8Array(rows * size);
  for (let flip = 0; flip < flips; flip++) {
    const place = flip % rows;
    if (place === 0) draw(signs, random);
    yield signs.subarray(place * size, (place + 1) * size);
  }
}

function draw(into: Int8Array, { below }: RandomSource): void {
  for (let i = 0; i < into.length; i++) into[i] = below(2) === 0 ? 1 : -1;
}
