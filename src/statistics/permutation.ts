/** Permutation tests of r over clustered rows: p = (b + 1) / (m + 1), or exact where all permutations can be run through. */

import { tooFew } from "./clustered-bootstrap.js";
import { centred } from "./clustered-correlation.js";
import { type ClusteredRows, completeProblems } from "./clustered-rows.js";
import type { Estimate, PValue } from "./estimate.js";
import { type Exchangeable, exchangeable, sumOf, sumsOfAll, sumsOfDrawn, type Unit } from "./exchanged-sums.js";
import { quantileOf, ranked } from "./order-statistics.js";

/**
 * What is exchanged, and so what the null says.
 *
 * - `whole-problems`: a problem's attention over all positions goes to another problem. Null: at every position, attention says
 *   nothing of importance. Keeps how the rows of a problem hang together, and every position's own level.
 * - `problems-within-position`: the same, at each position on its own. Breaks what the rows of a problem share: its p is too small
 *   where both variables have problem effects.
 * - `positions-within-problem`: the positions of a problem change places. Null: the pattern over positions does not match at all,
 *   not even by a place that has more of both in every problem.
 */
export type Exchange = "whole-problems" | "problems-within-position" | "positions-within-problem";

/** p, how many permutations it rests on, and whether these were all there are. */
export type PermutationResult =
  | { readonly kind: "value"; readonly p: number; readonly permutations: number; readonly exact: boolean }
  | { readonly kind: "undefined"; readonly reason: string };

/** Permutations drawn where there are too many to run through. */
export const PERMUTATIONS = 9999;

const MOST_ENUMERATED = 20_000;

/** How to permute; `twoWay` takes the problems' means out as well where problems are exchanged. */
export interface PermutationOptions {
  readonly seed: number;
  readonly permutations?: number;
  readonly twoWay?: boolean;
}

/**
 * Two-sided test of r after centring by what is held fixed: within position where problems are exchanged (`twoWay` takes the
 * problems' means out as well), within problem where positions are. Only problems with every position are exchanged.
 * @example
 * ```ts
 * const rows = clusteredRows([0, 1, 2, 3].map((p) => ({ problem: `p${p}`, position: 0, x: p, y: p * p })));
 * permutationTest(rows, "whole-problems", { seed: 1 }); // → { kind: 'value', p: 0.0833, permutations: 24, exact: true }
 * ```
 */
export function permutationTest(
  rows: ClusteredRows,
  exchange: Exchange,
  options: PermutationOptions,
): PermutationResult {
  return permuted(rows, exchange, options).test();
}

/**
 * 95 % interval of r by an exchange (of whole problems, where not said otherwise): r less the quantiles of r under the null, on Fisher's z scale. Its errors
 * are those of the test, where a bootstrap of few events in heavy-tailed attention is too short; it takes the null's spread for that at r.
 */
export function permutationInterval(
  rows: ClusteredRows,
  { exchange = "whole-problems", ...options }: PermutationOptions & { readonly exchange?: Exchange },
): Estimate {
  return permuted(rows, exchange, options).interval();
}

/** Test and interval of the same permutations, which are added up once for both, and not before one of them is asked for. */
export function permuted(
  rows: ClusteredRows,
  exchange: Exchange,
  { seed, permutations = PERMUTATIONS, twoWay = false }: PermutationOptions,
): { readonly test: () => PermutationResult; readonly interval: () => Estimate } {
  const prepared = prepare(rows, exchange, twoWay);
  if (prepared.kind === "undefined") return { test: () => prepared, interval: () => prepared };
  const { items, scale, n } = prepared;
  let known: Float64Array | undefined;
  const drawn = (): Float64Array => {
    known ??= sumsOfDrawn(items, { times: permutations, seed });
    return known;
  };
  return { test: () => judge(items, drawn), interval: () => intervalOf(items, drawn(), { scale, n }) };
}

function intervalOf(
  items: Exchangeable,
  drawn: Float64Array,
  { scale, n }: { readonly scale: number; readonly n: number },
): Estimate {
  const value = sumOf(items) / scale;
  const byChance = ranked(drawn.map((sum) => fisher(sum / scale)));
  return {
    kind: "value",
    value,
    low: Math.tanh(fisher(value) - quantileOf(byChance, 0.975)),
    high: Math.tanh(fisher(value) - quantileOf(byChance, 0.025)),
    n,
  };
}

function fisher(r: number): number {
  return Math.atanh(Math.max(-1 + 1e-12, Math.min(1 - 1e-12, r)));
}

type Prepared =
  | { kind: "value"; items: Exchangeable; scale: number; n: number }
  | { kind: "undefined"; reason: string };

/** Centred rows in blocks, and √(Σx²·Σy²) that turns Σx·y into r. */
function prepare(rows: ClusteredRows, exchange: Exchange, twoWay: boolean): Prepared {
  const byPosition = exchange !== "positions-within-problem";
  const used = byPosition ? completeProblems(rows) : rows;
  if (used.problems < 3) return tooFew(used.problems);
  const byProblem = !byPosition || twoWay;
  const x = centred(used, used.x, byProblem);
  const fullY = centred(used, used.y, byProblem);
  if (byPosition) centrePositions(used, x);
  if (byPosition) centrePositions(used, fullY);
  // The zeros of a 0/1 outcome can be passed over: against a centred x its mean makes no difference.
  const y = isBinary(used.y) ? used.y : fullY;
  const largest = largestOf(used.x);
  if (largestOf(x) <= 1e-13 * largest) return { kind: "undefined", reason: "attention is constant" };
  if (isConstantWithin(used, byPosition) || largestOf(fullY) <= 1e-13 * largestOf(used.y))
    return { kind: "undefined", reason: "importance is constant" };
  const units =
    exchange === "whole-problems" ? [{ x, y, width: used.positions }] : singleRows(used, { x, y, byPosition });
  return { kind: "value", items: exchangeable(units), scale: Math.sqrt(squares(x) * squares(fullY)), n: used.x.length };
}

function squares(values: Float64Array): number {
  return values.reduce((sum, each) => sum + each * each, 0);
}

function singleRows(
  rows: ClusteredRows,
  { x, y, byPosition }: { readonly x: Float64Array; readonly y: Float64Array; readonly byPosition: boolean },
): Unit[] {
  const groups = new Map<number, { x: number[]; y: number[] }>();
  for (let p = 0; p < rows.problems; p++)
    for (let row = rows.start[p] ?? 0; row < (rows.start[p + 1] ?? 0); row++) {
      const key = byPosition ? (rows.position[row] ?? 0) : p;
      const group = groups.get(key) ?? { x: [], y: [] };
      group.x.push(x[row] ?? 0);
      group.y.push(y[row] ?? 0);
      groups.set(key, group);
    }
  return [...groups.values()].map((group) => ({ ...group, width: 1 }));
}

function judge(items: Exchangeable, drawn: () => Float64Array): PermutationResult {
  // Equal sums in another order differ by rounding; a tie counts as at least as extreme.
  const bar = Math.abs(sumOf(items)) - 1e-12 * items.size;
  const extremeOf = (sums: Float64Array): number => {
    let extreme = 0;
    for (let i = 0; i < sums.length; i++) if (Math.abs(sums[i] ?? 0) >= bar) extreme++;
    return extreme;
  };
  if (items.permutations <= MOST_ENUMERATED) {
    const all = sumsOfAll(items);
    return { kind: "value", p: extremeOf(all) / all.length, permutations: all.length, exact: true };
  }
  const sums = drawn();
  return { kind: "value", p: (extremeOf(sums) + 1) / (sums.length + 1), permutations: sums.length, exact: false };
}

/** Takes each position's mean out, in place; problem means of 0 stay 0 where every problem has every position. */
function centrePositions(rows: ClusteredRows, values: Float64Array): void {
  for (let k = 0; k < rows.positions; k++) {
    let sum = 0;
    for (let at = k; at < values.length; at += rows.positions) sum += values[at] ?? 0;
    for (let at = k; at < values.length; at += rows.positions) values[at] = (values[at] ?? 0) - sum / rows.problems;
  }
}

function isConstantWithin(rows: ClusteredRows, byPosition: boolean): boolean {
  const first = new Map<number, number>();
  for (let p = 0; p < rows.problems; p++)
    for (let row = rows.start[p] ?? 0; row < (rows.start[p + 1] ?? 0); row++) {
      const key = byPosition ? (rows.position[row] ?? 0) : p;
      const value = rows.y[row] ?? 0;
      if ((first.get(key) ?? value) !== value) return false;
      first.set(key, value);
    }
  return true;
}

function isBinary(values: Float64Array): boolean {
  return values.every((value) => value === 0 || value === 1);
}

function largestOf(values: Float64Array): number {
  return values.reduce((most, each) => Math.max(most, Math.abs(each)), 0);
}

/**
 * The p alone.
 * @example
 * ```ts
 * pOf({ kind: "value", p: 0.04, permutations: 24, exact: true }); // → { kind: 'value', p: 0.04 }
 * ```
 */
export function pOf(result: PermutationResult): PValue {
  return result.kind === "value" ? { kind: "value", p: result.p } : result;
}
