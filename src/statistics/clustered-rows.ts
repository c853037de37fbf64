/** Rows of two variables, sorted by problem: the form that correlation, bootstrap and permutation work on. */

/** One row: a problem × a position. */
export interface PairRow {
  readonly problem: string;
  readonly position: number;
  readonly x: number;
  readonly y: number;
}

/** Typed columns; the rows of problem `p` are `start[p] … start[p + 1] − 1`. */
export interface ClusteredRows {
  readonly problems: number;
  readonly positions: number;
  readonly start: Int32Array;
  readonly position: Int32Array;
  readonly x: Float64Array;
  readonly y: Float64Array;
}

/**
 * @throws RangeError for a value that is no finite number: what was not measured has no row.
 * @example
 * ```ts
 * const rows = clusteredRows([
 *   { problem: "a", position: 0, x: 0.2, y: 1 },
 *   { problem: "a", position: 1, x: 0.4, y: 0 },
 *   { problem: "b", position: 0, x: 0.3, y: 1 },
 * ]);
 * [rows.problems, rows.positions, [...rows.start]]; // → [ 2, 2, [ 0, 2, 3 ] ]
 * ```
 */
export function clusteredRows(rows: readonly PairRow[]): ClusteredRows {
  const byProblem = new Map<string, PairRow[]>();
  for (const row of rows) {
    if (!Number.isFinite(row.x) || !Number.isFinite(row.y))
      throw new RangeError(`Cannot take row of problem ${row.problem}, position ${row.position}: not a finite number`);
    const mine = byProblem.get(row.problem);
    if (mine === undefined) byProblem.set(row.problem, [row]);
    else mine.push(row);
  }
  const names = new Map([...new Set(rows.map(({ position }) => position))].sort((a, b) => a - b).map((p, i) => [p, i]));
  const sorted = [...byProblem.values()];
  const start = new Int32Array(sorted.length + 1);
  for (const [p, mine] of sorted.entries()) start[p + 1] = (start[p] ?? 0) + mine.length;
  const flat = sorted.flat();
  return {
    problems: sorted.length,
    positions: names.size,
    start,
    position: Int32Array.from(flat, ({ position }) => names.get(position) ?? 0),
    x: Float64Array.from(flat, ({ x }) => x),
    y: Float64Array.from(flat, ({ y }) => y),
  };
}

/** Only the problems that have every position once, their rows in order of position. */
export function completeProblems(rows: ClusteredRows): ClusteredRows {
  const { positions, start } = rows;
  const picked: number[] = [];
  for (let p = 0; p < rows.problems; p++) {
    const mine = range(start[p] ?? 0, start[p + 1] ?? 0).sort(
      (a, b) => (rows.position[a] ?? 0) - (rows.position[b] ?? 0),
    );
    if (mine.length === positions && mine.every((row, k) => rows.position[row] === k)) picked.push(...mine);
  }
  const problems = positions === 0 ? 0 : picked.length / positions;
  return {
    problems,
    positions,
    start: Int32Array.from({ length: problems + 1 }, (_, p) => p * positions),
    position: Int32Array.from(picked, (row) => rows.position[row] ?? 0),
    x: Float64Array.from(picked, (row) => rows.x[row] ?? 0),
    y: Float64Array.from(picked, (row) => rows.y[row] ?? 0),
  };
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}
