/** Problems that a study reads where it cannot read all of them. */

import type { RunFacts } from "../read-context.js";

/**
 * Spread over the sample, which goes from level to level: the first problems are all of one.
 *
 * @param index of a problem in the sample. @param most problems that are read where not all are.
 */
export function isRead(
  index: number,
  { problems, wholeSample, most }: Pick<RunFacts, "problems" | "wholeSample"> & { readonly most: number },
): boolean {
  if (wholeSample === true) return true;
  const before = (count: number): number => Math.floor((count * Math.min(most, problems)) / problems);
  return before(index + 1) > before(index);
}
