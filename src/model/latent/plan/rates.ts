/** How long forwards take by rates that were measured. Numbers only, so that a plan needs no engine. */

/** One number of rows. */
export interface StepRate {
  readonly rows: number;
  /** One position of each row through all blocks, fastest of some. */
  readonly forwardMs: number;
  /** The head of so many states, its best tokens read. */
  readonly headMs: number;
}

/** Milliseconds of a forward of so many cells: between measured counts by a straight line, beyond them as at the largest. */
export function forwardMs(rates: readonly StepRate[], cells: number): number {
  return between(rates, cells, ({ forwardMs: ms }) => ms);
}

/** Milliseconds of the head at so many cells. */
export function headMs(rates: readonly StepRate[], cells: number): number {
  return between(rates, cells, ({ headMs: ms }) => ms);
}

function between(rates: readonly StepRate[], cells: number, of: (rate: StepRate) => number): number {
  if (cells <= 0) return 0;
  const above = rates.findIndex(({ rows }) => rows >= cells);
  const upper = rates[above];
  const lower = rates[above - 1];
  if (upper === undefined) {
    const last = rates.at(-1);
    return last === undefined ? Number.NaN : (of(last) * cells) / last.rows;
  }
  if (lower === undefined) return of(upper);
  return of(lower) + ((of(upper) - of(lower)) * (cells - lower.rows)) / (upper.rows - lower.rows);
}
