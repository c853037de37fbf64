/** Stratified, seeded sampling: the same seed takes the same problems in the same order. */

import { BadInputError, UsageError } from "../../base/errors.js";
import { hashText } from "../../base/hash-text.js";
import { permutation, seededRandom } from "../../base/random.js";
import { LEVELS, type Problem, STRATA, type Stratum } from "../problems/problem.js";

/** How many problems of a stratum are wanted. */
export interface Wanted {
  readonly level: Stratum;
  readonly count: number;
}

/** A stratum that had fewer problems than asked for. */
export interface Shortfall {
  readonly level: Stratum;
  readonly wanted: number;
  readonly found: number;
}

/** A sample, and where there were fewer problems than asked for. */
export interface Sample {
  readonly problems: readonly Problem[];
  readonly shortfall: readonly Shortfall[];
}

/** The study's number of a level. */
const A_LEVEL = 25;
const TEST_MODE = 10;

/**
 * How many of each stratum: 25, and 10 in all in test mode; `total` is spread evenly, the rest to the first ones.
 *
 * @param problems of the file. Where it has none of one step and none whose steps are unknown, the strata are the original study's four;
 *   else those that it has.
 */
export function perLevel(
  problems: readonly Pick<Problem, "difficulty">[],
  { total, testMode }: { readonly total?: number | undefined; readonly testMode: boolean },
): Wanted[] {
  if (total !== undefined && (!Number.isInteger(total) || total < 1))
    throw new UsageError(`--problems is ${total}, wanted a whole number of at least 1`, "correct it");
  const found = STRATA.filter((level) => problems.some(({ difficulty }) => difficulty === level));
  const levels = found.every((level) => LEVELS.some((each) => each === level)) ? LEVELS : found;
  const all = total ?? (testMode ? TEST_MODE : A_LEVEL * Math.max(levels.length, LEVELS.length));
  const even = Math.floor(all / levels.length);
  return levels.map((level, i) => ({ level, count: even + (i < all % levels.length ? 1 : 0) }));
}

/** @returns problems stratum by stratum. */
export function sampleProblems(problems: readonly Problem[], wanted: readonly Wanted[], seed: number): Sample {
  const shortfall: Shortfall[] = [];
  const chosen = wanted.flatMap(({ level, count }) => {
    const pool = problems.filter(({ difficulty }) => difficulty === level);
    if (pool.length < count) shortfall.push({ level, wanted: count, found: pool.length });
    const order = permutation(pool.length, seededRandom(seedOf(level, seed)));
    // The drawn problems keep the file's order, so a full level is the file itself.
    const drawn = order.slice(0, count).sort((a, b) => a - b);
    return drawn.flatMap((index) => pool[index] ?? []);
  });
  if (chosen.length === 0)
    throw new BadInputError(
      `The sample is empty: ${listed(shortfall)}`,
      "ask for more problems, so that every level has its share",
    );
  return { problems: chosen, shortfall };
}

/** The original study's strata have their own seeds, whatever other strata a file has. */
function seedOf(level: Stratum, seed: number): number {
  const place = (LEVELS as readonly Stratum[]).indexOf(level);
  return place < 0 ? hashText(`${seed}|${level}`) : seed * LEVELS.length + place;
}

/**
 * What to say where fewer problems are there than were asked for; null where there are enough.
 *
 * @param total that was asked for; undefined where the study's own number is taken. @param usable problems of the file.
 */
export function shortfallNotice(
  { problems, shortfall }: Sample,
  { total, usable }: { readonly total: number | undefined; readonly usable: number },
): string | null {
  if (shortfall.length === 0) return null;
  if (problems.length === usable)
    return total === undefined
      ? `the file has ${usable} usable problems: all are taken (${listed(shortfall)})`
      : `${total} problems were asked for and the file has ${usable} usable ones: all are taken`;
  return `fewer problems than asked for, all of these levels are taken: ${listed(shortfall)}`;
}

function listed(shortfall: readonly Shortfall[]): string {
  return shortfall.map(({ level, wanted, found }) => `${found} of ${wanted} with difficulty ${level}`).join(", ");
}
