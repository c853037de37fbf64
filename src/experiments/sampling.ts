/** Stratified, seeded sampling: the same seed takes the same problems in the same order. */

import { BadInputError, UsageError } from "../model/errors.js";
import { permutation, seededRandom } from "../model/tensor/random.js";
import { LEVELS, type Level, type Problem } from "./problems.js";

/** How many problems of each level. */
export type PerLevel = Readonly<Record<Level, number>>;

/** The study's numbers: 25 a level, and 3/3/2/2 in test mode; `total` is spread evenly, the rest to the first levels. */
export function perLevel(total: number | undefined, testMode: boolean): PerLevel {
  const of = (counts: readonly number[]): PerLevel =>
    Object.fromEntries(LEVELS.map((level, i) => [level, counts[i] ?? 0])) as unknown as PerLevel;
  if (total === undefined) return of(testMode ? [3, 3, 2, 2] : [25, 25, 25, 25]);
  if (!Number.isInteger(total) || total < 1)
    throw new UsageError(`--problems is ${total}, wanted a whole number of at least 1`, "correct it");
  const even = Math.floor(total / LEVELS.length);
  return of(LEVELS.map((_, i) => even + (i < total % LEVELS.length ? 1 : 0)));
}

/** A sample, and the levels that had fewer problems than asked for. */
export interface Sample {
  readonly problems: readonly Problem[];
  readonly shortfall: readonly { readonly level: Level; readonly wanted: number; readonly found: number }[];
  /** Problems of one step, which belong to no level and are never drawn. */
  readonly oneStep: number;
}

/** @returns problems level by level. @throws BadInputError when no level has any. */
export function sampleProblems(problems: readonly Problem[], counts: PerLevel, seed: number): Sample {
  const shortfall: { level: Level; wanted: number; found: number }[] = [];
  const chosen = LEVELS.flatMap((level, stratum) => {
    const pool = problems.filter(({ difficulty }) => difficulty === level);
    const wanted = counts[level];
    if (pool.length < wanted) shortfall.push({ level, wanted, found: pool.length });
    const order = permutation(pool.length, seededRandom(seed * LEVELS.length + stratum));
    // The drawn problems keep the file's order, so a full level is the file itself.
    const drawn = order.slice(0, wanted).sort((a, b) => a - b);
    return drawn.flatMap((index) => pool[index] ?? []);
  });
  if (chosen.length === 0)
    throw new BadInputError(
      `No problem has ${LEVELS.join(", ")} as difficulty`,
      "give solutions with steps, or a difficulty field",
    );
  return { problems: chosen, shortfall, oneStep: problems.filter(({ difficulty }) => difficulty === "1-step").length };
}
