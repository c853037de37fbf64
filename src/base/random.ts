/** Seeded random numbers, always passed in, never global. */

import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** A source of reproducible random numbers. */
export interface RandomSource {
  /** Uniform integer in `[0, below)`. */
  int(below: number): number;
  /** Uniform in `(0, 1)`. */
  uniform(): number;
  /** Standard normal (Box and Muller 1958). */
  normal(): number;
}

/** @param seed any integer; equal seeds give equal sequences on every machine. */
export function seededRandom(seed: number): RandomSource {
  const generator = xoroshiro128plus(seed | 0);
  const int = (below: number): number => uniformInt(generator, 0, below - 1);
  const uniform = (): number => (int(0x4000_0000) + 0.5) / 0x4000_0000;
  const normal = (): number => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  return { int, uniform, normal };
}

/** A permutation of `0 … n - 1` (Fisher and Yates). */
export function permutation(n: number, random: RandomSource): number[] {
  const order = Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = random.int(i + 1);
    const held = order[i] ?? i;
    order[i] = order[j] ?? j;
    order[j] = held;
  }
  return order;
}
