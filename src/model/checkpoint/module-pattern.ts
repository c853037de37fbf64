/** Regular expressions of Python's `re` over module names, as far as JavaScript's mean the same. */

const MOST_CHARACTERS = 1000;
// A name has some forty characters: so many free repetitions are still matched at once, whatever their order.
const MOST_REPETITIONS = 6;

/**
 * Escapes other than these and named groups are written or meant otherwise in JavaScript; a brace without a number is a plain
 * character there. A repeated group may take exponential time.
 */
const OTHERWISE = /\\[^dDwWsSbB\W_]|\(\?(?![:=!]|<[=!])|\{(?!\d)|\)[*+{]/;

/**
 * @param pattern as Python's `re.match` takes it, which looks from the beginning on.
 * @param wrap what the pattern is a part of.
 * @returns null for one that could mean something else here, or take for ever.
 */
export function modulePattern(pattern: string, wrap = (inner: string): string => inner): RegExp | null {
  if (pattern.length > MOST_CHARACTERS || OTHERWISE.test(pattern)) return null;
  if ((pattern.match(/[*+}]/g)?.length ?? 0) > MOST_REPETITIONS) return null;
  try {
    return new RegExp(`^(?:${wrap(pattern)})`);
  } catch {
    return null;
  }
}
