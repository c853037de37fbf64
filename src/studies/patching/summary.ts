/** Maps of patches over all pairs: how far each cell moves the logit difference, how often the answer follows, and what carries the value. */

import type { Estimate, Rate } from "../../statistics/estimate.js";
import { meanEstimate } from "../../statistics/mean-estimate.js";
import { rateOf } from "../../statistics/proportion-interval.js";
import { type CellValues, cellsAgreement } from "../shared/cells-agreement.js";
import { unpredictedReasons } from "../shared/kept-predictions.js";
import { countedReasons } from "../shared/reasons.js";
import { fieldOf, type StudyRecord } from "../shared/rows.js";
import { type KeptPair, type Patched, type PredictedMap, predictedOf } from "./record.js";

/** One record of the study. */
export interface PatchRow {
  readonly problemId: string;
  readonly factors: Readonly<Record<string, number | string>>;
  readonly pair: Patched["pair"];
  readonly map: Patched["map"];
  /** Not of older records, nor of other studies'. */
  readonly predicted?: PredictedMap;
}

/** Records whose study patched a pair, or predicted what patches do. */
export function patchRowsOf(records: readonly StudyRecord[]): PatchRow[] {
  return records.flatMap((record) => {
    const pair = fieldOf<Patched["pair"]>(record, "pair");
    if (pair === undefined) return [];
    const map = fieldOf<Patched["map"]>(record, "map") ?? null;
    const predicted = predictedOf(record);
    const { problem, condition } = record;
    return [
      {
        ...{ problemId: problem.id, factors: condition.factors ?? {}, pair, map },
        ...(predicted === undefined ? {} : { predicted }),
      },
    ];
  });
}

/** One cell over all pairs. */
export interface PatchCell {
  readonly row: string;
  readonly column: string;
  /** (patched − base) / (source − base) of the logit difference: 0 nothing, 1 all the way to the other run. */
  readonly effect: Estimate;
  /** Answers that became the other run's number. */
  readonly moved: Rate;
  /** The effect as one gradient at the question's run predicts it; not where nothing was predicted. */
  readonly predicted?: Estimate;
}

/** One map over all pairs. */
export interface PatchSummaryMap {
  readonly direction: string;
  readonly site: string;
  /** Of heads: the positions that are patched together. */
  readonly at: string | null;
  readonly control: string | null;
  readonly cells: readonly PatchCell[];
  readonly pairs: number;
  /** r over cells of the mean effects, predicted and patched, interval over pairs; not where nothing was predicted. */
  readonly agreement?: Estimate;
  /** Why pairs have no gradient. */
  readonly unpredicted?: readonly { readonly reason: string; readonly count: number }[];
}

/** The study. */
export interface PatchingSummary {
  readonly pairs: number;
  readonly dropped: readonly { readonly reason: string; readonly count: number }[];
  readonly maps: readonly PatchSummaryMap[];
  /**
   * Mean effect of the residual stream, noising, at BOT and the latents, each patched alone at all layers: where the head's first choice
   * differs between the two runs, and where it is the same. The unit is the pair.
   */
  readonly carrying: { readonly differs: Estimate; readonly same: Estimate };
}

/** @returns null where the study was not run. */
export function patchingSummary(rows: readonly PatchRow[], seed: number): PatchingSummary | null {
  if (rows.length === 0) return null;
  const problems = new Map(rows.map(({ problemId, pair }) => [problemId, pair]));
  const maps = new Map<string, PatchRow[]>();
  for (const row of rows) {
    const key = JSON.stringify(row.factors);
    maps.set(key, [...(maps.get(key) ?? []), row]);
  }
  return {
    pairs: [...problems.values()].filter(({ status }) => status === "kept").length,
    dropped: countedReasons([...problems.values()].flatMap((pair) => (pair.status === "dropped" ? pair.reason : []))),
    maps: [...maps.values()].flatMap((mine) => mapOf(mine, seed)),
    carrying: carryingOf(rows.filter(isNoising), seed),
  };
}

interface KeptRow {
  readonly pair: KeptPair;
  readonly map: NonNullable<Patched["map"]>;
  readonly predicted?: PredictedMap;
}

function kept(rows: readonly PatchRow[]): KeptRow[] {
  return rows.flatMap(({ pair, map, ...rest }) =>
    pair.status === "kept" && map !== null ? [{ ...rest, pair, map }] : [],
  );
}

/** A pair's patch of one cell. */
interface PairCell {
  readonly effect: number;
  readonly predicted: number | null;
  readonly moved: boolean;
}

function pairCell(
  { pair, map, predicted }: KeptRow,
  { row, column, noising }: { readonly row: string; readonly column: string; readonly noising: boolean },
): PairCell | null {
  const [i, j] = [map.rows.indexOf(row), map.columns.indexOf(column)];
  const difference = map.differences[i]?.[j];
  if (difference === undefined) return null;
  const guess = predicted !== undefined && "predicted" in predicted ? predicted.predicted[i]?.[j] : undefined;
  return {
    effect: effectOf(pair, difference, noising),
    predicted: guess === undefined ? null : effectOf(pair, guess, noising),
    moved: map.numbers[i]?.[j] === (noising ? pair.numbers.counterfactual : pair.numbers.clean),
  };
}

function mapOf(rows: readonly PatchRow[], seed: number): PatchSummaryMap[] {
  const usable = kept(rows);
  const { direction, site, at = null, control = null } = rows[0]?.factors ?? {};
  if (usable.length === 0) return [];
  const noising = direction === "noising";
  const rowNames = longest(usable.map(({ map }) => map.rows));
  const columns = longest(usable.map(({ map }) => map.columns));
  const all = rowNames.flatMap((row) =>
    columns.map((column) => ({ row, column, pairs: usable.map((each) => pairCell(each, { row, column, noising })) })),
  );
  return [
    {
      direction: String(direction),
      site: String(site),
      at: at === null ? null : String(at),
      control: control === null ? null : String(control),
      cells: all.map(({ row, column, pairs }) => ({ row, column, ...cellOf(pairs, seed) })),
      pairs: usable.length,
      ...agreementOf(usable, { cells: all.map(({ pairs }) => pairs), seed }),
    },
  ];
}

function cellOf(pairs: readonly (PairCell | null)[], seed: number): Omit<PatchCell, "row" | "column"> {
  const found = pairs.filter((each) => each !== null);
  const guesses = found.flatMap(({ predicted }) => predicted ?? []);
  return {
    effect: meanEstimate(
      found.map(({ effect }) => effect),
      seed,
    ),
    moved: rateOf(found.filter(({ moved }) => moved).length, found.length),
    ...(guesses.length === 0 ? {} : { predicted: meanEstimate(guesses, seed) }),
  };
}

/** Of maps that were predicted. */
function agreementOf(
  usable: readonly KeptRow[],
  { cells, seed }: { readonly cells: readonly (readonly (PairCell | null)[])[]; readonly seed: number },
): Pick<PatchSummaryMap, "agreement" | "unpredicted"> {
  const reasons = unpredictedReasons(usable.map(({ predicted }) => predicted));
  const problems = usable.flatMap(({ predicted }, place) => {
    if (predicted === undefined || "unpredicted" in predicted) return [];
    const valuesOf = (cell: PairCell | null | undefined): CellValues =>
      cell == null || cell.predicted === null ? null : [cell.predicted, cell.effect];
    return [cells.map((pairs) => valuesOf(pairs[place]))];
  });
  return {
    ...(problems.length === 0 ? {} : { agreement: cellsAgreement(problems, seed) }),
    ...(reasons.length === 0 ? {} : { unpredicted: reasons }),
  };
}

/** Is it the map that the other run's residual stream is written in, no control of it? */
function isNoising({ factors: { direction, site, control } }: PatchRow): boolean {
  return direction === "noising" && site === "resid" && control === undefined;
}

/** Each pair's effect at one cell of the noising map of the residual stream. */
export function noisingEffects(
  rows: readonly PatchRow[],
  isWanted: (cell: Pick<PatchCell, "row" | "column">) => boolean,
): { readonly problemId: string; readonly effect: number }[] {
  return rows.filter(isNoising).flatMap(({ problemId, pair, map }) => {
    if (pair.status !== "kept" || map === null) return [];
    return map.rows.flatMap((row, i) =>
      map.columns.flatMap((column, j) => {
        const difference = map.differences[i]?.[j];
        return difference === undefined || !isWanted({ row, column })
          ? []
          : [{ problemId, effect: effectOf(pair, difference, true) }];
      }),
    );
  });
}

function longest(lists: readonly (readonly string[])[]): readonly string[] {
  return lists.reduce((most, list) => (list.length > most.length ? list : most), []);
}

/** (patched − base) / (source − base) of the logit difference. */
export function effectOf({ differences }: KeptPair, difference: number, noising: boolean): number {
  const { clean, counterfactual } = differences;
  const [base, source] = noising ? [clean, counterfactual] : [counterfactual, clean];
  return (difference - base) / (source - base);
}

function carryingOf(rows: readonly PatchRow[], seed: number): PatchingSummary["carrying"] {
  const means = (wanted: boolean): number[] =>
    kept(rows).flatMap(({ pair, map }) => {
      const effects = pair.lens.clean.flatMap((said, place) => {
        const differs = said !== pair.lens.counterfactual[place];
        const row = map.differences[map.rows.indexOf(place === 0 ? "bot" : `latent.${place - 1}`)];
        return differs === wanted && row !== undefined ? row.map((value) => effectOf(pair, value, true)) : [];
      });
      return effects.length === 0 ? [] : [effects.reduce((sum, value) => sum + value, 0) / effects.length];
    });
  return { differs: meanEstimate(means(true), seed), same: meanEstimate(means(false), seed) };
}
