/** The order of a table's rows, by what its cells say. */

/** What a cell sorts by: numbers before texts, cells that only give a reason last. */
export type SortValue = { readonly rank: 0; readonly number: number } | { readonly rank: 1 | 2; readonly text: string };

/** Two cells' numbers that differ by less are one. */
const BOUND = 1e-9;

/** `6 of 24` is its share, `< 0.001` lies below 0.001, `−0.12 [−0.20, 0.01]` is −0.12. */
export function sortValue(text: string): SortValue {
  const plain = text.trim().replaceAll("\u2212", "-");
  if (plain === "" || plain === "–" || /^(?:not |too few|no |a control)/.test(plain)) return { rank: 2, text: plain };
  const [, count, of] = /^(\d+) of (\d+)$/.exec(plain) ?? [];
  if (count !== undefined && of !== undefined)
    return Number(of) === 0 ? { rank: 2, text: plain } : { rank: 0, number: Number(count) / Number(of) };
  const [, below, number] = /^(<\s*)?(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)(?=$|[\s[(%])/i.exec(plain) ?? [];
  if (number === undefined) return { rank: 1, text: plain };
  return { rank: 0, number: Number(number) - (below === undefined ? 0 : BOUND) };
}

/** @returns places of the rows in their new order; equal ones keep theirs, and reasons stay last in both directions. */
export function sortedPlaces(cells: readonly string[], direction: "up" | "down"): number[] {
  const values = cells.map(sortValue);
  const sign = direction === "up" ? 1 : -1;
  return cells
    .map((_, place) => place)
    .sort((i, j) => {
      const [a, b] = [values[i], values[j]];
      if (a === undefined || b === undefined) return i - j;
      if (a.rank !== b.rank) return a.rank === 2 || b.rank === 2 ? a.rank - b.rank : sign * (a.rank - b.rank);
      if (a.rank === 0 && b.rank === 0) return sign * (a.number - b.number) || i - j;
      if (a.rank === 1 && b.rank === 1) return sign * a.text.localeCompare(b.text, "en", { numeric: true }) || i - j;
      return i - j;
    });
}
