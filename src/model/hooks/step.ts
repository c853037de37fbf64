/** What one forward covers: rows × columns, and which named position each cell is. */

import { type Address, addressCovers, type Part } from "./address.js";

/** One named position. */
export interface Position {
  readonly part: Part;
  readonly index: number;
}

/** One forward of a batch. Hooks and masks read it; nothing else knows where a position sits. */
export interface Step {
  readonly rows: number;
  readonly columns: number;
  /** For messages: `prefill`, `latent.2`, `eot`, `answer.0`. */
  readonly label: string;
  /** The run-wide row that stands for each batch row. */
  readonly rowIds: readonly number[];
  /** All run-wide rows that each batch row is, itself included: rows are one as long as nothing has set them apart. */
  readonly members: readonly (readonly number[])[];
  /** The batch row that a run-wide row is part of, or null where it takes no part. */
  placeOf(id: number): number | null;
  /** `positions[row][column]`, or null where the cell is padding or its row has finished. */
  readonly positions: readonly (readonly (Position | null)[])[];
  /** Place of each cell in its sequence, `[row * columns + column]`: what positions are made of. */
  readonly tokenPositions: Int32Array;
  /** The key column of a named position in this row's attention, or null when it is not (yet) a key. */
  keyColumn(row: number, position: Position): number | null;
  /** False for passes that are run beside the sequence (teacher-forced scoring): hooks act, but neither count nor capture. */
  readonly counts: boolean;
}

/** Name of a position: `bot`, `latent.2`. */
export function positionName(position: Position): string {
  return position.part === "bot" || (position.part === "eot" && position.index === 0)
    ? position.part
    : `${position.part}.${position.index}`;
}

/** Does any of the addresses cover the position? */
export function coveredByAny(addresses: readonly Address[], position: Position): boolean {
  return addresses.some((address) => addressCovers(address, position.part, position.index));
}

/** A rectangle of a step: the same columns in each of some rows. */
export interface Patch {
  readonly rows: readonly number[];
  readonly begin: number;
  readonly length: number;
}

/** Numbers of a rectangle's cells: row · columns + column. */
export function cellsOfPatch({ rows, begin, length }: Patch, { columns }: Pick<Step, "columns">): number[] {
  return rows.flatMap((row) => Array.from({ length }, (_, place) => row * columns + begin + place));
}

/**
 * The addressed cells of a step as rectangles, so that one slice serves many cells.
 *
 * @param rowFilter run-wide row numbers that take part, or null for all.
 */
export function patchesOf(step: Step, addresses: readonly Address[], rowFilter: ReadonlySet<number> | null): Patch[] {
  const byRange = new Map<string, { begin: number; length: number; rows: number[] }>();
  for (const row of rowsOf(step, rowFilter)) {
    for (const { begin, length } of rangesOf(step.positions[row] ?? [], addresses)) {
      const first = step.positions[row]?.[begin];
      // Rows of one rectangle are at the same named positions: what is written may depend on them.
      const key = `${begin}+${length}@${first == null ? "" : positionName(first)}`;
      const patch = byRange.get(key) ?? { begin, length, rows: [] };
      patch.rows.push(row);
      byRange.set(key, patch);
    }
  }
  return [...byRange.values()];
}

/** Batch rows that some run-wide rows stand for, ascending. */
function rowsOf(step: Step, ids: ReadonlySet<number> | null): number[] {
  if (ids === null) return step.rowIds.map((_, row) => row);
  // Most writers act on a few of many rows.
  const rows = [...ids].flatMap((id) => {
    const row = step.placeOf(id);
    return row !== null && step.rowIds[row] === id ? [row] : [];
  });
  return rows.sort((a, b) => a - b);
}

function rangesOf(
  cells: readonly (Position | null)[],
  addresses: readonly Address[],
): { begin: number; length: number }[] {
  const ranges: { begin: number; length: number }[] = [];
  let begin = -1;
  for (let column = 0; column <= cells.length; column++) {
    const cell = cells[column];
    const covered = cell !== undefined && cell !== null && coveredByAny(addresses, cell);
    if (covered && begin < 0) begin = column;
    if (!covered && begin >= 0) {
      ranges.push({ begin, length: column - begin });
      begin = -1;
    }
  }
  return ranges;
}
