/** Maps of patches over all pairs: how far each cell moves the logit difference, how often the answer follows, and what carries the value. */

import type { Estimate, Rate } from "../../statistics/estimate.js";
import { meanEstimate } from "../../statistics/mean-estimate.js";
import { rateOf } from "../../statistics/proportion-interval.js";
import { countedReasons } from "../shared/reasons.js";
import { fieldOf, type StudyRecord } from "../shared/rows.js";
import type { KeptPair, Patched } from "./record.js";

/** One record of the study. */
export interface PatchRow {
  readonly problemId: string;
  readonly factors: Readonly<Record<string, number | string>>;
  readonly pair: Patched["pair"];
  readonly map: Patched["map"];
}

/** Records whose study patched a pair, or predicted what patches do. */
export function patchRowsOf(records: readonly StudyRecord[]): PatchRow[] {
  return records.flatMap((record) => {
    const pair = fieldOf<Patched["pair"]>(record, "pair");
    if (pair === undefined) return [];
    const map = fieldOf<Patched["map"]>(record, "map") ?? null;
    return [{ problemId: record.problem.id, factors: record.condition.factors ?? {}, pair, map }];
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
}

function kept(rows: readonly PatchRow[]): KeptRow[] {
  return rows.flatMap(({ pair, map }) => (pair.status === "kept" && map !== null ? [{ pair, map }] : []));
}

function mapOf(rows: readonly PatchRow[], seed: number): PatchSummaryMap[] {
  const usable = kept(rows);
  const { direction, site, at = null, control = null } = rows[0]?.factors ?? {};
  if (usable.length === 0) return [];
  const noising = direction === "noising";
  const rowNames = longest(usable.map(({ map }) => map.rows));
  const columns = longest(usable.map(({ map }) => map.columns));
  const cells = rowNames.flatMap((row) =>
    columns.map((column): PatchCell => {
      const found = usable.flatMap(({ pair, map }) => {
        const [i, j] = [map.rows.indexOf(row), map.columns.indexOf(column)];
        const difference = map.differences[i]?.[j];
        if (difference === undefined) return [];
        const target = noising ? pair.numbers.counterfactual : pair.numbers.clean;
        return [{ effect: effectOf(pair, difference, noising), moved: map.numbers[i]?.[j] === target }];
      });
      const count = found.filter(({ moved }) => moved).length;
      return {
        row,
        column,
        effect: meanEstimate(
          found.map(({ effect }) => effect),
          seed,
        ),
        moved: rateOf(count, found.length),
      };
    }),
  );
  return [
    {
      direction: String(direction),
      site: String(site),
      at: at === null ? null : String(at),
      control: control === null ? null : String(control),
      cells,
      pairs: usable.length,
    },
  ];
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
