/** Pearson's r of clustered rows: over all rows, within position, within problem, or with both taken out; interval by cluster bootstrap. */

import {
  type BootstrapInterval,
  clusteredBootstrap,
  ofSums,
  type SampleStatistic,
  tooFew,
} from "./clustered-bootstrap.js";
import { type ClusteredRows, completeProblems } from "./clustered-rows.js";
import { type SmoothStatistic, studentizedBootstrap } from "./studentized-bootstrap.js";

/** What is taken out before correlating; `pooled` (nothing) is a description only. */
export type Centring = "pooled" | "within-position" | "within-problem" | "two-way";

/** Names of the two variables, for reasons in words. */
export interface VariableNames {
  readonly x: string;
  readonly y: string;
}

/** How to draw, and the interval: studentised where none is named. */
export interface CorrelationOptions {
  readonly seed: number;
  readonly draws?: number;
  readonly method?: "studentized" | "percentile" | "bca";
  readonly names?: VariableNames;
}

const NAMES: VariableNames = { x: "attention", y: "importance" };

/**
 * r with its interval; n counts rows. Two-way centring takes only problems that have every position.
 * @example
 * ```ts
 * const rows = clusteredRows(
 *   [1, 2, 3, 4, 5, 6].flatMap((p) => [
 *     { problem: `p${p}`, position: 0, x: p, y: (p * 5) % 7 },
 *     { problem: `p${p}`, position: 1, x: p + 10, y: (p * 3) % 7 },
 *   ]),
 * );
 * const r = clusteredCorrelation(rows, "within-position", { seed: 1 });
 * r.kind === "value" && r.value; // → -0.2
 * ```
 */
export function clusteredCorrelation(
  rows: ClusteredRows,
  centring: Centring,
  options: CorrelationOptions,
): BootstrapInterval & { readonly n: number } {
  const used = centring === "two-way" ? completeProblems(rows) : rows;
  const n = used.x.length;
  if (n < 3) return { kind: "undefined", reason: `${n} points, at least 3 are needed`, n };
  const statistic = correlationStatistic(used, centring);
  const { x, y } = statistic.spread();
  const names = options.names ?? NAMES;
  if (!x) return { kind: "undefined", reason: `${names.x} is constant`, n };
  if (!y) return { kind: "undefined", reason: `${names.y} is constant`, n };
  if (used.problems < 3) return { ...tooFew(used.problems), n };
  const { method, ...rest } = options;
  const interval =
    method === undefined || method === "studentized"
      ? studentizedBootstrap(used.problems, statistic.smooth, { ...rest, scale: "fisher" })
      : clusteredBootstrap(used.problems, statistic.of, { ...rest, method });
  return { ...interval, n };
}

/** r as a function of how often each problem was drawn. */
export interface CorrelationStatistic {
  readonly of: SampleStatistic;
  readonly smooth: SmoothStatistic;
  /** Whether each variable varies once the centring has been done. */
  readonly spread: () => { readonly x: boolean; readonly y: boolean };
}

/** A drawn problem keeps its own mean, also where it is drawn twice. */
export function correlationStatistic(rows: ClusteredRows, centring: Centring): CorrelationStatistic {
  const byProblem = centring === "within-problem" || centring === "two-way";
  const x = centred(rows, rows.x, byProblem);
  const y = centred(rows, rows.y, byProblem);
  // Of problem-centred rows the mean is 0 by construction; else the mean of all rows, or of each position, is taken out of the sums.
  const groups = centring === "within-problem" ? 0 : centring === "pooled" ? 1 : rows.positions;
  const width = 3 + 3 * groups;
  const sums = new Float64Array(rows.problems * width);
  for (let p = 0; p < rows.problems; p++) {
    const at = p * width;
    for (let row = rows.start[p] ?? 0; row < (rows.start[p + 1] ?? 0); row++) {
      const [dx, dy] = [x[row] ?? 0, y[row] ?? 0];
      add(sums, at, dx * dx);
      add(sums, at + 1, dy * dy);
      add(sums, at + 2, dx * dy);
      if (groups === 0) continue;
      const group = at + 3 + 3 * (groups === 1 ? 0 : (rows.position[row] ?? 0));
      add(sums, group, 1);
      add(sums, group + 1, dx);
      add(sums, group + 2, dy);
    }
  }
  const floor = { x: roundingOf(rows.x), y: roundingOf(rows.y) };
  const moments = (total: Float64Array): readonly [number, number, number] => {
    let [xx, yy, xy] = [total[0] ?? 0, total[1] ?? 0, total[2] ?? 0];
    for (let at = 3; at < width; at += 3) {
      const n = total[at] ?? 0;
      if (n === 0) continue;
      const [sx, sy] = [total[at + 1] ?? 0, total[at + 2] ?? 0];
      xx -= (sx * sx) / n;
      yy -= (sy * sy) / n;
      xy -= (sx * sy) / n;
    }
    // What rounding leaves of a constant stays below 1e-12 of what was summed.
    const constant = (left: number, all: number, least: number): boolean => left <= 1e-12 * all || left <= least;
    return [constant(xx, total[0] ?? 0, floor.x) ? 0 : xx, constant(yy, total[1] ?? 0, floor.y) ? 0 : yy, xy];
  };
  const correlate = (total: Float64Array): number | null => {
    const found = moments(total);
    return found[0] === 0 || found[1] === 0 ? null : rOf(found);
  };
  const evaluate = (total: Float64Array, gradient: Float64Array): number | null => {
    const found = moments(total);
    const [xx, yy] = found;
    if (xx === 0 || yy === 0) return null;
    const r = rOf(found);
    // dr = dxy / √(xx·yy) − r/2 · (dxx / xx + dyy / yy)
    const [byXx, byYy, byXy] = [-r / (2 * xx), -r / (2 * yy), 1 / Math.sqrt(xx * yy)];
    gradient[0] = byXx;
    gradient[1] = byYy;
    gradient[2] = byXy;
    for (let at = 3; at < width; at += 3) {
      const n = total[at] ?? 0;
      const meanX = n === 0 ? 0 : (total[at + 1] ?? 0) / n;
      const meanY = n === 0 ? 0 : (total[at + 2] ?? 0) / n;
      gradient[at] = byXx * meanX * meanX + byYy * meanY * meanY + byXy * meanX * meanY;
      gradient[at + 1] = -2 * byXx * meanX - byXy * meanY;
      gradient[at + 2] = -2 * byYy * meanY - byXy * meanX;
    }
    return r;
  };
  const all = new Uint16Array(rows.problems).fill(1);
  const spread = (): { x: boolean; y: boolean } => {
    let found = { x: false, y: false };
    ofSums(sums, width, (total) => {
      const [xx, yy] = moments(total);
      found = { x: xx > 0, y: yy > 0 };
      return null;
    })(all);
    return found;
  };
  return { of: ofSums(sums, width, correlate), smooth: { sums, width, evaluate }, spread };
}

function rOf([xx, yy, xy]: readonly [number, number, number]): number {
  return Math.max(-1, Math.min(1, xy / Math.sqrt(xx * yy)));
}

function add(sums: Float64Array, at: number, value: number): void {
  sums[at] = (sums[at] ?? 0) + value;
}

/** Values less their problem's mean, or less the mean of all, which keeps the digits of the sums. */
export function centred(rows: ClusteredRows, values: Float64Array, byProblem: boolean): Float64Array {
  const result = new Float64Array(values.length);
  const take = (from: number, to: number): void => {
    let sum = 0;
    for (let row = from; row < to; row++) sum += values[row] ?? 0;
    const mean = sum / (to - from);
    for (let row = from; row < to; row++) result[row] = (values[row] ?? 0) - mean;
  };
  if (!byProblem) take(0, values.length);
  else for (let p = 0; p < rows.problems; p++) take(rows.start[p] ?? 0, rows.start[p + 1] ?? 0);
  return result;
}

// Sum of squares that rounding can leave of values that are all the same.
function roundingOf(values: Float64Array): number {
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return values.length * (1e-13 * largest) ** 2;
}
