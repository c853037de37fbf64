/** Permutation tests of r over clustered rows: p = (b + 1) / (m + 1), or exact where all permutations can be run through. */

import { quantile, tooFew } from "./clustered-bootstrap.js";
import { centred } from "./clustered-correlation.js";
import { type ClusteredRows, completeProblems } from "./clustered-rows.js";
import { eachOrder } from "./draws.js";
import type { Estimate, PValue } from "./estimate.js";
import { randomSource, shuffle } from "./random-source.js";

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
  options: { readonly seed: number; readonly permutations?: number; readonly twoWay?: boolean },
): PermutationResult {
  const prepared = prepare(rows, exchange, options.twoWay === true);
  return prepared.kind === "undefined" ? prepared : judge(prepared.blocks, options);
}

/**
 * 95 % interval of r by an exchange (of whole problems, where not said otherwise): r less the quantiles of r under the null, on Fisher's z scale. Its errors
 * are those of the test, where a bootstrap of few events in heavy-tailed attention is too short; it takes the null's spread for that at r.
 */
export function permutationInterval(
  rows: ClusteredRows,
  options: {
    readonly seed: number;
    readonly permutations?: number;
    readonly twoWay?: boolean;
    readonly exchange?: Exchange;
  },
): Estimate {
  const prepared = prepare(rows, options.exchange ?? "whole-problems", options.twoWay === true);
  if (prepared.kind === "undefined") return prepared;
  const { blocks, scale, used } = prepared;
  const orders = ordersOf(blocks);
  const value = total(blocks, orders) / scale;
  const times = options.permutations ?? PERMUTATIONS;
  const z = new Float64Array(times);
  let done = 0;
  eachPermutation(orders, { times, seed: options.seed }, (drawn) => {
    z[done++] = fisher(total(blocks, drawn) / scale);
  });
  z.sort();
  return {
    kind: "value",
    value,
    low: Math.tanh(fisher(value) - quantile(z, 0.975)),
    high: Math.tanh(fisher(value) - quantile(z, 0.025)),
    n: used.x.length,
  };
}

function fisher(r: number): number {
  return Math.atanh(Math.max(-1 + 1e-12, Math.min(1 - 1e-12, r)));
}

type Prepared =
  | { kind: "value"; blocks: readonly Block[]; scale: number; used: ClusteredRows }
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
  const blocks = exchange === "whole-problems" ? [wholeProblems(used, x, y)] : singleRows(used, { x, y, byPosition });
  return { kind: "value", blocks, scale: Math.sqrt(squares(x) * squares(fullY)), used };
}

function squares(values: Float64Array): number {
  return values.reduce((sum, each) => sum + each * each, 0);
}

function ordersOf(blocks: readonly Block[]): Uint16Array[] {
  return blocks.map(({ size }) => Uint16Array.from({ length: size }, (_, i) => i));
}

// Items that change places among themselves; x of item i stands at [i, width]. Only the non-zero y are kept.
interface Block {
  readonly size: number;
  readonly width: number;
  readonly x: Float64Array;
  readonly item: Int32Array;
  readonly column: Int32Array;
  readonly y: Float64Array;
}

function block(x: readonly number[], y: readonly number[], width: number): Block {
  const kept = y.flatMap((value, at) => (value === 0 ? [] : [at]));
  return {
    size: x.length / width,
    width,
    x: Float64Array.from(x),
    item: Int32Array.from(kept, (at) => Math.floor(at / width)),
    column: Int32Array.from(kept, (at) => at % width),
    y: Float64Array.from(kept, (at) => y[at] ?? 0),
  };
}

function wholeProblems(rows: ClusteredRows, x: Float64Array, y: Float64Array): Block {
  return block([...x], [...y], rows.positions);
}

function singleRows(
  rows: ClusteredRows,
  { x, y, byPosition }: { readonly x: Float64Array; readonly y: Float64Array; readonly byPosition: boolean },
): Block[] {
  const groups = new Map<number, { x: number[]; y: number[] }>();
  for (let p = 0; p < rows.problems; p++)
    for (let row = rows.start[p] ?? 0; row < (rows.start[p + 1] ?? 0); row++) {
      const key = byPosition ? (rows.position[row] ?? 0) : p;
      const group = groups.get(key) ?? { x: [], y: [] };
      group.x.push(x[row] ?? 0);
      group.y.push(y[row] ?? 0);
      groups.set(key, group);
    }
  return [...groups.values()].map((group) => block(group.x, group.y, 1));
}

function judge(
  blocks: readonly Block[],
  options: { readonly seed: number; readonly permutations?: number },
): PermutationResult {
  const orders = ordersOf(blocks);
  const observed = Math.abs(total(blocks, orders));
  // Equal sums in another order differ by rounding; a tie counts as at least as extreme.
  const scale = blocks.reduce(
    (sum, { x, y }) => sum + largestOf(x) * y.reduce((all, each) => all + Math.abs(each), 0),
    0,
  );
  const bar = observed - 1e-12 * scale;
  const all = orders.reduce((product, { length }) => product * factorial(length), 1);
  if (all <= MOST_ENUMERATED) {
    let extreme = 0;
    enumerate(orders, 0, () => {
      if (Math.abs(total(blocks, orders)) >= bar) extreme++;
    });
    return { kind: "value", p: extreme / all, permutations: all, exact: true };
  }
  const permutations = options.permutations ?? PERMUTATIONS;
  let extreme = 0;
  eachPermutation(orders, { times: permutations, seed: options.seed }, (drawn) => {
    if (Math.abs(total(blocks, drawn)) >= bar) extreme++;
  });
  return { kind: "value", p: (extreme + 1) / (permutations + 1), permutations, exact: false };
}

// One block of all problems shares its orders with other tests of the run.
function eachPermutation(
  orders: readonly Uint16Array[],
  { times, seed }: { readonly times: number; readonly seed: number },
  visit: (orders: readonly Uint16Array[]) => void,
): void {
  const [only] = orders;
  if (orders.length === 1 && only !== undefined) {
    eachOrder(only.length, { times, seed }, (order) => visit([order]));
    return;
  }
  const random = randomSource(seed);
  for (let i = 0; i < times; i++) {
    for (const order of orders) shuffle(order, random);
    visit(orders);
  }
}

/** Σ x·y with every item's x taken from where `orders` puts it. Centred sums of squares do not change, so |Σ x·y| orders as |r| does. */
function total(blocks: readonly Block[], orders: readonly Uint16Array[]): number {
  let sum = 0;
  for (let b = 0; b < blocks.length; b++) {
    const each = blocks[b];
    const order = orders[b];
    if (each === undefined || order === undefined) continue;
    const { item, column, y, x, width } = each;
    for (let i = 0; i < item.length; i++)
      sum += (y[i] ?? 0) * (x[(order[item[i] ?? 0] ?? 0) * width + (column[i] ?? 0)] ?? 0);
  }
  return sum;
}

// Every combination of the blocks' orders (Heap 1963).
function enumerate(orders: readonly Uint16Array[], from: number, visit: () => void): void {
  const order = orders[from];
  if (order === undefined) {
    visit();
    return;
  }
  const generate = (k: number): void => {
    if (k <= 1) {
      enumerate(orders, from + 1, visit);
      return;
    }
    for (let i = 0; i < k; i++) {
      generate(k - 1);
      const j = k % 2 === 0 ? i : 0;
      [order[j], order[k - 1]] = [order[k - 1] ?? 0, order[j] ?? 0];
    }
  };
  generate(order.length);
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

function factorial(n: number): number {
  return n <= 1 ? 1 : n * factorial(n - 1);
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
