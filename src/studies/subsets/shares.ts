/** Exact Shapley values and interactions of the latents, from the runs in which every set of them was zeroed. */

import type { BootstrapInterval } from "../../statistics/clustered-bootstrap.js";
import { shapley, shapleyValue } from "../../statistics/shapley.js";
import type { StudyRow } from "../shared/rows.js";

/** Exact Shapley values of the latents, of the share of right answers. */
export interface LatentShares {
  readonly values: readonly BootstrapInterval[];
  readonly total: BootstrapInterval;
  /** What each pair does beyond its parts (Shapley interaction), the strongest first; none with less than two latents. */
  readonly pairs: readonly { readonly latents: readonly [number, number]; readonly interval: BootstrapInterval }[];
  readonly problems: number;
}

/** Worth of a set of latents: is the answer right when exactly these are left? Problems that lack a subset are left out. @returns null where no problem has them all. */
export function sharesOf(given: readonly StudyRow[], seed: number): LatentShares | null {
  const { players, tables } = wholeTables(given);
  const whole = [...tables.values()];
  if (whole.length === 0 || players < 1) return null;
  const { values, interactions, total } = shapley(whole, players, { seed });
  return {
    values,
    total,
    pairs: interactions
      .map(({ players: latents, shapley: interval }) => ({ latents, interval }))
      .sort((a, b) => sizeOf(b.interval) - sizeOf(a.interval)),
    problems: whole.length,
  };
}

/** Each problem's Shapley value of one latent. */
export function sharesByProblem(
  rows: readonly StudyRow[],
  latent: number,
): { readonly problemId: string; readonly value: number }[] {
  const { players, tables } = wholeTables(rows);
  if (latent >= players) return [];
  return [...tables].map(([problemId, table]) => ({
    problemId,
    value: shapleyValue(table, { player: latent, players }),
  }));
}

/** Worth of every set of latents, of the problems that have them all. */
function wholeTables(given: readonly StudyRow[]): {
  readonly players: number;
  readonly tables: ReadonlyMap<string, readonly number[]>;
} {
  const rows = given.filter(({ factors }) => factors["set"] !== undefined);
  const setOf = (row: StudyRow): number[] => String(row.factors["set"]).split("+").map(Number);
  const players = 1 + Math.max(-1, ...rows.flatMap(setOf));
  const all = 2 ** players - 1;
  const tables = new Map<string, number[]>();
  for (const row of rows) {
    const table = tables.get(row.problemId) ?? new Array<number>(all + 1).fill(Number.NaN);
    table[all] = row.baselineCorrect ? 1 : 0;
    table[all & ~setOf(row).reduce((bits, k) => bits | (1 << k), 0)] = row.correct ? 1 : 0;
    tables.set(row.problemId, table);
  }
  return { players, tables: new Map([...tables].filter(([, table]) => table.every(Number.isFinite))) };
}

function sizeOf(interval: LatentShares["total"]): number {
  return interval.kind === "value" ? Math.abs(interval.value) : -1;
}
