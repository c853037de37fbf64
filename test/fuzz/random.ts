/** Random choices for mutators: case `index` of a seed is the same on every machine, and does not depend on the cases before it. */

import { type RandomSource, seededRandom } from "../../src/base/random.js";

/** A source with the choices that mutators make. */
export interface Chooser extends RandomSource {
  /** Whole number in `[from, to]`. */
  between(from: number, to: number): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly T[]): T;
  /** One of the values, as often as its weight says. */
  weighted<T>(choices: readonly (readonly [weight: number, value: T])[]): T;
}

/** @param seed of the whole run. @param index of the case. */
export function chooserOf(seed: number, index: number): Chooser {
  const random = seededRandom(mixed(mixed(seed | 0) ^ Math.imul(index + 1, 0x9e3779b1)));
  const { int, uniform } = random;
  const pick = <T>(items: readonly T[]): T => {
    if (items.length === 0) throw new RangeError("Nothing to pick from");
    return items[int(items.length)] as T;
  };
  return {
    ...random,
    between: (from, to) => from + int(to - from + 1),
    chance: (probability) => uniform() < probability,
    pick,
    weighted: (choices) => {
      let left = uniform() * choices.reduce((sum, [weight]) => sum + weight, 0);
      for (const [weight, value] of choices) {
        left -= weight;
        if (left < 0) return value;
      }
      return pick(choices)[1];
    },
  };
}

/** Spreads neighbouring numbers over all 32 bits (Murmur3's last step). */
function mixed(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
