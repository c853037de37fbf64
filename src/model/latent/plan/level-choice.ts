/**
 * Where rows part on the way up: at the height at which they differ, or below, with others that differ further up. To part late saves
 * cells; each height at which rows part costs a moment of its own, and the blocks between two of them are of one shape.
 */

import { levelShare } from "../../decoder/heights.js";

/** A height at which rows part, and how many there are from it on. */
export interface Parting {
  readonly height: number;
  readonly rows: number;
}

/** What parting costs. */
export interface PartingCost {
  /** Cells of a row. */
  readonly columns: number;
  /** Cells through all blocks that cost as much as one more height. */
  readonly levelCells: number;
  readonly layers: number;
}

/**
 * @param partings lowest first, as late as can be.
 * @returns places of those that are kept, the first among them: the rows of the others part at the last kept one below.
 */
export function keptPartings(
  partings: readonly Parting[],
  { columns, levelCells, layers }: PartingCost,
): readonly number[] {
  // By place: the least cost of all from there on where it is kept, and the next one that is.
  const best: { readonly cost: number; readonly next: number }[] = [];
  for (let place = partings.length - 1; place >= 0; place--) {
    const { height = 0, rows = 0 } = partings[place] ?? {};
    let found = { cost: Number.POSITIVE_INFINITY, next: partings.length };
    let early = 0;
    let before = rows;
    for (let next = place + 1; next <= partings.length; next++) {
      const cost = levelCells + early + (best[next]?.cost ?? 0);
      // Where both cost the same, rows part later.
      if (cost < found.cost) found = { cost, next };
      const joining = partings[next];
      if (joining === undefined) break;
      early += (joining.rows - before) * columns * levelShare(height, joining.height, layers);
      before = joining.rows;
    }
    best[place] = found;
  }
  const kept: number[] = [];
  for (let place = 0; place < partings.length; place = best[place]?.next ?? partings.length) kept.push(place);
  return kept;
}
