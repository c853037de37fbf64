/** What gradients predict beside what patches do, cell by cell: over all pairs, and where the two part. */

import type { Estimate } from "../../statistics/estimate.js";
import { meanEstimate } from "../../statistics/mean-estimate.js";
import type { KeptPair } from "../patching/record.js";
import { effectOf, type PatchRow } from "../patching/summary.js";
import { countedReasons } from "../shared/reasons.js";
import { type Agreement, agreementOf, type Predicted, type Way } from "./agreement.js";

/** One cell over all pairs. */
export interface MeanCell extends CellPlace {
  readonly pairs: number;
  /** Mean effects, of 1 = all the way to the other run: patched, and as predicted. */
  readonly patched: number;
  readonly predicted: Readonly<Record<Way, number>>;
  /** Root mean square of predicted less patched, over pairs. */
  readonly error: Readonly<Record<Way, number>>;
}

interface CellPlace {
  readonly site: string;
  readonly row: string;
  readonly block: number;
}

/** One cell as predicted, over all pairs. */
export interface PredictedCell extends CellPlace {
  readonly pairs: number;
  /** Mean effects. */
  readonly predicted: Readonly<Record<Way, number>>;
}

/** Cells that have something in common. */
export interface CellGroup {
  /** `all`, or by what cells are sorted. */
  readonly by: "all" | "site" | "step" | "attention" | "effect" | "block" | "position";
  readonly name: string;
  readonly agreement: Readonly<Record<Way, Agreement>>;
}

/** The study. */
export interface AttributionSummary {
  /** Pairs of which cells were patched, and so compared: all but `predictions` and `way` are of these. */
  readonly pairs: number;
  /** Pairs whose cells were predicted. */
  readonly predicted: number;
  readonly dropped: readonly { readonly reason: string; readonly count: number }[];
  /** Cells of a pair, as a mean. */
  readonly cellsEach: number;
  /** All cells first. */
  readonly groups: readonly CellGroup[];
  /** Of the cells that patching moves most in a pair, the share that is among as many that are predicted to: mean over pairs. */
  readonly top: Readonly<Record<Way, Estimate>>;
  /** The same of the means over pairs: what a map shows. */
  readonly means: Readonly<Record<Way, { readonly r: number | null; readonly top: number }>>;
  /**
   * Of the change of the logit difference on the way from the source's input to the base's, the share that falls into its largest step of
   * eight, and into the last one, which is the base's own neighbourhood: means over pairs. A straight line has 1/8 in each.
   */
  readonly way: { readonly largest: Estimate; readonly last: Estimate };
  /** Those that were patched and predicted. */
  readonly cells: readonly MeanCell[];
  /** All that were predicted. */
  readonly predictions: readonly PredictedCell[];
}

/** Cells that are compared by rank. */
export const TOP = 20;

/** One cell of one pair. */
type Cell = Guess & Predicted;

/** @returns null where the study was not run. */
export function attributionSummary(rows: readonly PatchRow[], seed: number): AttributionSummary | null {
  if (rows.length === 0) return null;
  const problems = new Map<string, PatchRow[]>();
  for (const row of rows) problems.set(row.problemId, [...(problems.get(row.problemId) ?? []), row]);
  const dropped = [...problems.values()].flatMap((mine) => [
    ...new Set(mine.flatMap(({ pair }) => (pair.status === "dropped" ? pair.reason : []))),
  ]);
  const pairs = [...problems.values()].map(cellsOfPair).filter((cells) => cells.length > 0);
  const guesses = [...problems.values()].map(guessesOfPair).filter((each) => each.length > 0);
  const cells = meansOf(pairs);
  const each = <T>(of: (way: Way) => T): Record<Way, T> => ({ gradient: of("gradient"), integrated: of("integrated") });
  return {
    pairs: pairs.length,
    predicted: guesses.length,
    dropped: countedReasons(dropped),
    cellsEach: pairs.length === 0 ? 0 : Math.round(pairs.flat().length / pairs.length),
    groups: groupsOf(pairs).map(({ by, name, isIn }) => ({
      by,
      name,
      agreement: each((way) =>
        agreementOf(
          pairs.map((mine) => mine.filter(isIn)),
          { way, seed },
        ),
      ),
    })),
    top: each((way) =>
      meanEstimate(
        pairs.map((mine) => overlapOf(mine, way)),
        seed,
      ),
    ),
    means: each((way) => {
      const mean = agreementOf([cells], { way, seed }).r;
      return { r: mean.kind === "value" ? mean.value : null, top: overlapOf(cells, way) };
    }),
    way: wayOf(rows, seed),
    cells,
    predictions: predictionsOf(guesses),
  };
}

function wayOf(rows: readonly PatchRow[], seed: number): AttributionSummary["way"] {
  const shares = rows.flatMap(({ map }) => {
    const way = map?.way ?? [];
    const whole = (way.at(-1) ?? 0) - (way[0] ?? 0);
    return whole === 0 ? [] : [way.slice(1).map((value, i) => (value - (way[i] ?? 0)) / whole)];
  });
  return {
    largest: meanEstimate(
      shares.map((each) => Math.max(...each)),
      seed,
    ),
    last: meanEstimate(
      shares.map((each) => each.at(-1) ?? 0),
      seed,
    ),
  };
}

/** One cell of one pair, as predicted. */
interface Guess extends CellPlace {
  readonly predicted: Readonly<Record<Way, number>>;
  readonly step: number | null;
  readonly peak: number | null;
}

type KeptRow = PatchRow & { readonly map: NonNullable<PatchRow["map"]>; readonly pair: KeptPair };

function rowOf(
  rows: readonly PatchRow[],
  { by, site }: { readonly by: string; readonly site: string },
): KeptRow | null {
  const row = rows.find(({ factors }) => factors["by"] === by && factors["site"] === site);
  return row?.pair.status === "kept" && row.map !== null ? { ...row, pair: row.pair, map: row.map } : null;
}

/** Both parts' differences are those of the same pair, but each as its own runs gave them. */
function effectIn({ pair, map }: KeptRow, { i, j }: { readonly i: number; readonly j: number }): number {
  return effectOf(pair, map.differences[i]?.[j] ?? Number.NaN, true);
}

/** Every cell of one problem that both ways predict. */
function guessesOfPair(rows: readonly PatchRow[]): Guess[] {
  return [...new Set(rows.map(({ factors }) => String(factors["site"])))].flatMap((site) => {
    const [gradient, integrated] = [rowOf(rows, { by: "gradient", site }), rowOf(rows, { by: "integrated", site })];
    if (gradient === null || integrated === null) return [];
    const { steps, peaks, columns } = gradient.map;
    return gradient.map.rows.flatMap((row, i) =>
      columns.map(
        (column, j): Guess => ({
          ...{ site, row, block: Number(column) },
          predicted: { gradient: effectIn(gradient, { i, j }), integrated: effectIn(integrated, { i, j }) },
          step: steps?.[i]?.[j] ?? null,
          peak: peaks?.[i]?.[j] ?? null,
        }),
      ),
    );
  });
}

/** Those that are patched too. */
function cellsOfPair(rows: readonly PatchRow[]): Cell[] {
  return guessesOfPair(rows).flatMap((guess): Cell[] => {
    const patched = rowOf(rows, { by: "patched", site: guess.site });
    if (patched === null) return [];
    const [i, j] = [patched.map.rows.indexOf(guess.row), patched.map.columns.indexOf(String(guess.block))];
    // Not every block is patched.
    return i < 0 || j < 0 ? [] : [{ ...guess, patched: effectIn(patched, { i, j }) }];
  });
}

interface Sorted {
  readonly by: CellGroup["by"];
  readonly name: string;
  readonly isIn: (cell: Cell) => boolean;
}

/** What the row of a cell is called without its head. */
export function placeOf({ site, row }: Pick<CellPlace, "site" | "row">): string {
  return site === "head" ? row.replace(/^head \d+ at /, "") : row;
}

const STEPS = [0.1, 0.25, 0.5, 1] as const;
const PEAKS = [0.5, 0.8, 0.95] as const;
const EFFECTS = [0.01, 0.1, 0.5] as const;

function groupsOf(pairs: readonly (readonly Cell[])[]): Sorted[] {
  const all = pairs.flat();
  const named = (by: Sorted["by"], of: (cell: Cell) => string): Sorted[] =>
    [...new Set(all.map(of))].map((name) => ({ by, name, isIn: (cell) => of(cell) === name }));
  const depth = 1 + all.reduce((most, { block }) => Math.max(most, block), 0);
  const third = ({ block }: Cell): number => Math.floor((3 * block) / depth);
  return [
    { by: "all", name: "all cells", isIn: () => true },
    ...named("site", ({ site }) => site),
    ...ranges("step", { edges: STEPS, of: ({ step }) => step }),
    ...ranges("attention", { edges: PEAKS, of: ({ peak }) => peak }),
    { by: "attention", name: "no block follows", isIn: ({ peak }) => peak === null },
    ...ranges("effect", { edges: EFFECTS, of: ({ patched }) => Math.abs(patched) }),
    ...["first", "second", "last"].map(
      (name, i): Sorted => ({ by: "block", name: `${name} third of the blocks`, isIn: (cell) => third(cell) === i }),
    ),
    ...named("position", placeOf),
  ];
}

function ranges(
  by: Sorted["by"],
  { edges, of }: { readonly edges: readonly number[]; readonly of: (cell: Cell) => number | null },
): Sorted[] {
  return [...edges, null].map((high, i) => {
    const low = edges[i - 1] ?? null;
    const name = low === null ? `below ${high}` : high === null ? `${low} or more` : `${low} to ${high}`;
    return {
      by,
      name,
      isIn: (cell) => {
        const value = of(cell);
        return value !== null && (low === null || value >= low) && (high === null || value < high);
      },
    };
  });
}

/** Share of the cells that patching moves most which are among as many that are predicted to move most. */
function overlapOf(cells: readonly Predicted[], way: Way): number {
  const first = (of: (cell: Predicted) => number): Set<Predicted> =>
    new Set([...cells].sort((a, b) => Math.abs(of(b)) - Math.abs(of(a))).slice(0, TOP));
  const predicted = first(({ predicted: by }) => by[way]);
  const patched = [...first((cell) => cell.patched)];
  return patched.filter((cell) => predicted.has(cell)).length / Math.max(1, patched.length);
}

function byPlace<T extends CellPlace>(pairs: readonly (readonly T[])[]): T[][] {
  const known = new Map<string, T[]>();
  for (const cell of pairs.flat()) {
    const key = `${cell.site}|${cell.row}|${cell.block}`;
    const mine = known.get(key);
    if (mine === undefined) known.set(key, [cell]);
    else mine.push(cell);
  }
  return [...known.values()];
}

function meanOf<T>(values: readonly T[], of: (value: T) => number): number {
  return values.reduce((sum, value) => sum + of(value), 0) / values.length;
}

function predictedMeans(mine: readonly Pick<Guess, "predicted">[]): Record<Way, number> {
  return {
    gradient: meanOf(mine, ({ predicted }) => predicted.gradient),
    integrated: meanOf(mine, ({ predicted }) => predicted.integrated),
  };
}

function predictionsOf(pairs: readonly (readonly Guess[])[]): PredictedCell[] {
  return byPlace(pairs).flatMap((mine): PredictedCell[] => {
    const [first] = mine;
    if (first === undefined) return [];
    const { site, row, block } = first;
    return [{ site, row, block, pairs: mine.length, predicted: predictedMeans(mine) }];
  });
}

function meansOf(pairs: readonly (readonly Cell[])[]): MeanCell[] {
  return byPlace(pairs).flatMap((mine): MeanCell[] => {
    const [first] = mine;
    if (first === undefined) return [];
    const error = (way: Way): number =>
      Math.sqrt(meanOf(mine, ({ predicted, patched }) => (predicted[way] - patched) ** 2));
    const { site, row, block } = first;
    return [
      {
        ...{ site, row, block, pairs: mine.length, patched: meanOf(mine, ({ patched }) => patched) },
        predicted: predictedMeans(mine),
        error: { gradient: error("gradient"), integrated: error("integrated") },
      },
    ];
  });
}
