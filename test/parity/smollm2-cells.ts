/**
 * Compares a trained model's sites cell by cell. A trained model has massive activations: at a few places of the residual stream tens of
 * thousands, elsewhere about one. A bound by a site's largest value would let an error of 0.03 pass everywhere, so each cell (a position; of
 * scores and patterns a head) is held to its own size: its difference over its largest value may be 10 times what the reference's
 * float32–float64 gap is over the largest value, in the worst cell of the site. Massive values are a group of their own, so that they loosen
 * nothing within their cell either. Gaps are a site's over all texts: the worst of a text's few positions may be small by luck.
 */

const FACTOR = 10;
// A gap can be tiny by luck; one unit in the last place is its floor.
const UNIT = 2 ** -23;

/** One group of values at a stage: the massive ones, or the rest. */
export interface CellGroup {
  /** How many values were compared. */
  readonly values: number;
  /** Largest magnitude of the reference. */
  readonly largest: number;
  /** The reference's float32–float64 gap over the cell's largest value, in the worst cell. */
  readonly gap: number;
  /** Our difference over the cell's largest value, in the worst cell. */
  readonly found: number;
}

/** A site's comparison. */
export interface SiteCells {
  readonly massive: CellGroup;
  readonly rest: CellGroup;
}

/** No value compared yet. */
export const NO_CELLS: CellGroup = { values: 0, largest: 0, gap: 0, found: 0 };

/** The difference as a share of the bound. */
export function shareOf({ found, gap }: Pick<CellGroup, "found" | "gap">): number {
  return found / (FACTOR * Math.max(gap, UNIT));
}

/** Both together: of one site on several texts, or of one stage in several blocks. */
export function joinedGroups(a: CellGroup, b: CellGroup): CellGroup {
  return {
    values: a.values + b.values,
    largest: Math.max(a.largest, b.largest),
    gap: Math.max(a.gap, b.gap),
    found: Math.max(a.found, b.found),
  };
}

/** One site on several texts. */
export function joinedCells(a: SiteCells, b: SiteCells): SiteCells {
  return { massive: joinedGroups(a.massive, b.massive), rest: joinedGroups(a.rest, b.rest) };
}

/** A group over all blocks of a stage. */
export interface StageGroup extends CellGroup {
  /** Largest share of a site's own bound. */
  readonly share: number;
}

/** One stage, over its blocks. */
export type StageCells = Readonly<Record<keyof SiteCells, StageGroup>>;

/** @param sites by their names. @returns by site with `L` for the block. */
export function stagesOf(sites: Readonly<Record<string, SiteCells>>): Record<string, StageCells> {
  const stages: Record<string, StageCells> = {};
  const none: StageGroup = { ...NO_CELLS, share: 0 };
  for (const [site, own] of Object.entries(sites)) {
    const stage = site.replace(/^blocks\.\d+\./, "blocks.L.");
    const { massive, rest } = stages[stage] ?? { massive: none, rest: none };
    stages[stage] = { massive: withSite(massive, own.massive), rest: withSite(rest, own.rest) };
  }
  return stages;
}

function withSite(stage: StageGroup, site: CellGroup): StageGroup {
  return { ...joinedGroups(stage, site), share: Math.max(stage.share, shareOf(site)) };
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
  const from = massiveFrom(reference);
  const [massive, rest]: [Found[], Found[]] = [[], []];
  for (let cell = 0; cell < cells; cell++) {
    const big: Found = { values: 0, largest: 0, off: 0, gap: gaps[2 * cell] ?? 0 };
    const other: Found = { values: 0, largest: 0, off: 0, gap: gaps[2 * cell + 1] ?? 0 };
    for (let i = cell * size; i < (cell + 1) * size; i++) {
      const value = Math.abs(reference[i] ?? 0);
      const group = value > from ? big : other;
      group.values += 1;
      group.largest = Math.max(group.largest, value);
      // NaN stays, and is never within a bound.
      group.off = Math.max(group.off, Math.abs((ours[i] ?? 0) - (reference[i] ?? 0)));
    }
    massive.push(big);
    rest.push(other);
  }
  return { massive: grouped(massive), rest: grouped(rest) };
}

/** What one cell has of one group. */
interface Found {
  values: number;
  largest: number;
  off: number;
  readonly gap: number;
}

/** Sun et al. 2024: over 100, and over 1000 times the site's median. */
function massiveFrom(reference: Float32Array): number {
  const sizes = reference.map(Math.abs).sort();
  return Math.max(100, 1000 * (sizes[(sizes.length - 1) >> 1] ?? 0));
}

function grouped(cells: readonly Found[]): CellGroup {
  const some = cells.filter(({ values }) => values > 0);
  const most = (of: (cell: Found) => number): number => some.reduce((so, cell) => Math.max(so, of(cell)), 0);
  // A cell of zeros alone has no size: nothing may be off in it.
  const gap = most((cell) => (cell.largest === 0 ? 0 : cell.gap / cell.largest));
  const found = most(({ off, largest }) => (off === 0 ? 0 : off / largest));
  return {
    values: some.reduce((sum, { values }) => sum + values, 0),
    largest: most(({ largest }) => largest),
    gap,
    found,
  };
}
