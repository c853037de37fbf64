/** Which row comes from which. Numbers only, so that a plan needs no engine. */

/** For each of some rows, the row that it reads or continues. */
export type RowMap = readonly number[];

/** 0, 1, 2, … */
export function identity(size: number): number[] {
  return Array.from({ length: size }, (_, i) => i);
}

/** Does the map leave each of `rows` rows in its place? */
export function isIdentity(map: RowMap, rows: number): boolean {
  return map.length === rows && map.every((from, place) => from === place);
}
