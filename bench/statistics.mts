/** Medians, spreads, ratios of rounds, and the exponent of a power law. */

/** Middle value; the mean of the two middle ones where their number is even. @throws RangeError for none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  if (upper === undefined || lower === undefined) throw new RangeError("A median of no values");
  return (upper + lower) / 2;
}

/** Middle, least and most of some rounds. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** @throws RangeError for no values. */
export function spreadOf(values: readonly number[]): Spread {
  return { median: median(values), least: Math.min(...values), most: Math.max(...values) };
}

/** Theirs over ours, round by round: what drifts in the machine between rounds falls out of each ratio. @throws RangeError for unequal numbers of rounds. */
export function ratioOf(theirs: readonly number[], ours: readonly number[]): Spread {
  if (theirs.length !== ours.length)
    throw new RangeError(`Ratios of ${theirs.length} rounds and ${ours.length}, wanted as many of each`);
  return spreadOf(theirs.map((value, round) => value / (ours[round] ?? Number.NaN)));
}

/** Slope of `log y` on `log x` by least squares: 1 where y grows as x does. @throws RangeError for fewer than two sizes. */
export function exponentOf(points: readonly { readonly x: number; readonly y: number }[]): number {
  const logs = points.map(({ x, y }) => ({ x: Math.log(x), y: Math.log(y) }));
  const mean = (pick: (point: { x: number; y: number }) => number): number =>
    logs.reduce((sum, point) => sum + pick(point), 0) / logs.length;
  const [mx, my] = [mean(({ x }) => x), mean(({ y }) => y)];
  const spread = logs.reduce((sum, { x }) => sum + (x - mx) ** 2, 0);
  if (!(spread > 0)) throw new RangeError("An exponent needs two sizes");
  return logs.reduce((sum, { x, y }) => sum + (x - mx) * (y - my), 0) / spread;
}

/** Who begins in a round: the order turns, so that nobody always runs on a machine that the same one warmed or heated. */
export function orderOf<T>(contenders: readonly T[], round: number): T[] {
  const shift = ((round % contenders.length) + contenders.length) % contenders.length;
  return [...contenders.slice(shift), ...contenders.slice(0, shift)];
}

/** How the ids of a contender compare with ours: same number of tokens, and how many of them differ. */
export function differing(ours: unknown, theirs: unknown): { readonly of: number; readonly differ: number } {
  if (ours === undefined || theirs === undefined) return { of: 0, differ: 0 };
  const a = [ours].flat(Number.POSITIVE_INFINITY as 1) as unknown[];
  const b = [theirs].flat(Number.POSITIVE_INFINITY as 1) as unknown[];
  const of = Math.max(a.length, b.length);
  return { of, differ: Array.from({ length: of }, (_, i) => i).filter((i) => a[i] !== b[i]).length };
}
