/** Lists of shards, grouped and in words. */

/** Values of the same key together, in the order of their first ones. */
export function groupsBy<T>(values: readonly T[], keyOf: (value: T) => unknown): (readonly [T, ...T[]])[] {
  const groups = new Map<unknown, [T, ...T[]]>();
  for (const value of values) {
    const group = groups.get(keyOf(value));
    if (group === undefined) groups.set(keyOf(value), [value]);
    else group.push(value);
  }
  return [...groups.values()];
}

/** Ascending numbers in words: `0, 2, 5–9`. */
export function listOf(numbers: readonly number[], dash = "–"): string {
  const spans: [number, number][] = [];
  for (const each of numbers) {
    const last = spans.at(-1);
    if (last !== undefined && each === last[1] + 1) last[1] = each;
    else spans.push([each, each]);
  }
  return spans.map(([first, last]) => (last > first ? `${first}${dash}${last}` : `${first}`)).join(", ");
}
