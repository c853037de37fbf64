/**
 * Compares a trained model's sites cell by cell. A trained model has massive activations: at a few places of the residual stream tens of
 * thousands, elsewhere about one. A bound by a site's largest value would let an error of 0.03 pass everywhere, so each cell (a position; of
 * scores and patterns a head) has a bound of its own. Within a cell the massive values are held to a relative bound, and the rest is compared
 * as though they were not there.
 */

const FACTOR = 10;
// A gap can be tiny by luck; one unit in the last place of the largest value that it stands for is its floor.
const UNIT = 2 ** -23;

/** One group of values at a stage: those that are massive in their cell, or the rest. */
export interface CellGroup {
  /** How many values were compared. */
  readonly values: number;
  /** Largest magnitude of the reference. */
  readonly largest: number;
  /** Largest float32–float64 gap of the reference. */
  readonly gap: number;
  /** Largest difference. */
  readonly found: number;
  /** Largest share of a cell's bound. */
  readonly share: number;
}

/** A site's comparison. Of the massive group, gap and difference are relative. */
export interface SiteCells {
  readonly massive: CellGroup;
  readonly rest: CellGroup;
}

/** No value compared yet. */
export const NO_CELLS: CellGroup = { values: 0, largest: 0, gap: 0, found: 0, share: 0 };

/** Both together. */
export function joinedGroups(a: CellGroup, b: CellGroup): CellGroup {
  return {
    values: a.values + b.values,
    largest: Math.max(a.largest, b.largest),
    gap: Math.max(a.gap, b.gap),
    found: Math.max(a.found, b.found),
    share: Math.max(a.share, b.share),
  };
}

/**
 * @param reference in float32, one cell after the other. @param gaps by cell: of its massive values, of the rest.
 * @throws RangeError where the sizes do not fit.
 */
export function compareCells(ours: Float32Array, reference: Float32Array, gaps: Float32Array): SiteCells {
  const cells = gaps.length / 2;
  const size = reference.length / cells;
  if (ours.length !== reference.length || !Number.isInteger(size))
    throw new RangeError(`${ours.length} values, the reference has ${reference.length} in ${cells} cells`);
  let [massive, rest] = [NO_CELLS, NO_CELLS];
  for (let cell = 0; cell < cells; cell++) {
    const a = ours.subarray(cell * size, (cell + 1) * size);
    const b = reference.subarray(cell * size, (cell + 1) * size);
    const found = differencesIn(a, b, massiveFrom(b));
    massive = joinedGroups(massive, relative(found.massive, gaps[2 * cell] ?? 0));
    rest = joinedGroups(rest, shared(found.rest, gaps[2 * cell + 1] ?? 0));
  }
  return { massive, rest };
}

interface Found {
  values: number;
  largest: number;
  found: number;
}

function differencesIn(
  ours: Float32Array,
  reference: Float32Array,
  massiveFrom: number,
): { readonly massive: Found; readonly rest: Found } {
  const massive = { values: 0, largest: 0, found: 0 };
  const rest = { values: 0, largest: 0, found: 0 };
  for (let i = 0; i < reference.length; i++) {
    const value = Math.abs(reference[i] ?? 0);
    const group = value > massiveFrom ? massive : rest;
    const off = Math.abs((ours[i] ?? 0) - (reference[i] ?? 0));
    group.values += 1;
    group.largest = Math.max(group.largest, value);
    // NaN stays, and is never within a bound.
    group.found = Math.max(group.found, off);
  }
  return { massive, rest };
}

/** Sun et al. 2024: over 100, and over 1000 times the median of the values around it. */
function massiveFrom(cell: Float32Array): number {
  const sizes = cell.map(Math.abs).sort();
  if ((sizes.at(-1) ?? 0) <= 100) return 100;
  return Math.max(100, 1000 * (sizes[(sizes.length - 1) >> 1] ?? 0));
}

function shared(group: Found, gap: number): CellGroup {
  const allowed = FACTOR * Math.max(gap, UNIT * group.largest);
  return { ...group, gap, share: group.found === 0 ? 0 : group.found / allowed };
}

/** A cell's massive values beside their largest. */
function relative(group: Found, gap: number): CellGroup {
  if (group.values === 0) return NO_CELLS;
  const { largest } = group;
  return { ...shared(group, gap), gap: gap / largest, found: group.found / largest };
}
