/** Problems that a study reads where it cannot read all of them. */

/**
 * Spread over the sample, which goes from level to level: the first problems are all of one.
 *
 * @param index of a problem in the sample. @param most problems that are read, of how many.
 */
export function isRead(
  index: number,
  { problems, most }: { readonly problems: number; readonly most: number },
): boolean {
  const before = (count: number): number => Math.floor((count * Math.min(most, problems)) / problems);
  return before(index + 1) > before(index);
}
