/** Seeded random numbers of the resampling tests: one stream a call, the same on every machine. */

import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** A source of reproducible random numbers. */
export interface RandomSource {
  /** Uniform integer in `[0, bound)`; uneven by less than bound / 2^32. */
  below(bound: number): number;
  /** Uniform in `(0, 1)`. */
  uniform(): number;
  /** Standard normal (Box and Muller 1958). */
  normal(): number;
}

// The generator's first outputs of neighbouring seeds resemble each other.
const DISCARDED = 16;

/** @param seed any integer. */
export function randomSource(seed: number): RandomSource {
  const generator = xoroshiro128plus(seed | 0);
  for (let i = 0; i < DISCARDED; i++) generator.next();
  const uniform = (): number => ((generator.next() >>> 0) + 0.5) / 0x1_0000_0000;
  return {
    below: (bound) => Math.floor(((generator.next() >>> 0) / 0x1_0000_0000) * bound),
    uniform,
    normal: () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()),
  };
}

/** Shuffles in place (Fisher and Yates), all or from `from` to before `to`. */
export function shuffle(
  order: Int32Array | Uint16Array,
  { below }: Pick<RandomSource, "below">,
  { from = 0, to = order.length }: { readonly from?: number; readonly to?: number } = {},
): void {
  for (let i = to - 1; i > from; i--) {
    const j = from + below(i - from + 1);
    const held = order[i] ?? 0;
    order[i] = order[j] ?? 0;
    order[j] = held;
  }
}
