/** Arrow keys in a grid of buttons, of which one alone is in the order of Tab (roving tabindex). */

/** A place in a grid. */
export interface GridPlace {
  readonly row: number;
  readonly column: number;
}

/** How large the grid is. */
export interface GridSize {
  readonly rows: number;
  readonly columns: number;
}

/** Where a key leads, or null where it is no key of a grid. */
export function placeAfter(key: string, { row, column }: GridPlace, { rows, columns }: GridSize): GridPlace | null {
  const steps: Readonly<Record<string, GridPlace>> = {
    ArrowLeft: { row, column: column - 1 },
    ArrowRight: { row, column: column + 1 },
    ArrowUp: { row: row - 1, column },
    ArrowDown: { row: row + 1, column },
    Home: { row, column: 0 },
    End: { row, column: columns - 1 },
    PageUp: { row: 0, column },
    PageDown: { row: rows - 1, column },
  };
  const next = Object.hasOwn(steps, key) ? steps[key] : undefined;
  if (next === undefined) return null;
  const within = (at: number, count: number): number => Math.min(count - 1, Math.max(0, at));
  return { row: within(next.row, rows), column: within(next.column, columns) };
}

/** Moves the focus where the key leads: cells say their place in `data-row` and `data-column`. Hand it the grid's `onKeyDown`. */
export function moveFocus(event: KeyboardEvent, size: GridSize): void {
  const cell = (event.target as Element | null)?.closest<HTMLElement>("[data-row]") ?? null;
  if (cell === null || event.ctrlKey || event.metaKey || event.altKey) return;
  const next = placeAfter(
    event.key,
    { row: Number(cell.dataset["row"]), column: Number(cell.dataset["column"]) },
    size,
  );
  if (next === null) return;
  const grid = event.currentTarget as Element;
  const target = grid.querySelector<HTMLElement>(`[data-row="${next.row}"][data-column="${next.column}"]`);
  if (target === null) return;
  event.preventDefault();
  for (const each of grid.querySelectorAll<HTMLElement>("[data-row]")) each.tabIndex = each === target ? 0 : -1;
  target.focus();
}
