/** Marks that would lie on each other, moved sideways until none does. */

/** Centre of a mark, in units of the drawing. */
export interface Place {
  readonly x: number;
  readonly y: number;
}

/**
 * @param gap least distance between two centres. @param width of the panel, which no mark leaves while there is room.
 * @returns each mark's new x, in the order given: its own, or the nearest one that is free.
 */
export function apart(
  places: readonly Place[],
  { gap, width }: { readonly gap: number; readonly width: number },
): number[] {
  const set: Place[] = [];
  const placed = new Array<number>(places.length).fill(0);
  // From left to right, so that the marks keep their order where they can.
  const order = places.map((place, i) => ({ ...place, i })).sort((a, b) => a.x - b.x || a.i - b.i);
  for (const { x, y, i } of order) {
    const free = (at: number): boolean => set.every((other) => Math.hypot(other.x - at, other.y - y) >= gap - 1e-9);
    const tried = [x, ...steps(gap, width).flatMap((step) => [x + step, x - step])];
    const at = tried.find((each) => free(each) && (each === x || (each >= 0 && each <= width))) ?? x;
    set.push({ x: at, y });
    placed[i] = at;
  }
  return placed;
}

function steps(gap: number, width: number): number[] {
  return Array.from({ length: Math.ceil((4 * width) / gap) }, (_, i) => ((i + 1) * gap) / 4);
}
