/** What a linear read-out predicts of problems it has not seen: ridge, penalty and error by folds of whole problems, labels shuffled as control. */

import { type BootstrapInterval, clusteredBootstrap, ofSums } from "./clustered-bootstrap.js";
import { randomSource, shuffle } from "./random.js";
import { type Features, predict, ridge } from "./ridge.js";

/** Features, the number to read out of them, and the problem of each row. */
export interface ProbeData {
  readonly x: Features;
  readonly y: Float64Array;
  readonly problem: readonly string[];
}

/** How to probe. */
export interface ProbeOptions {
  readonly seed: number;
  /** Default 5. */
  readonly folds?: number;
  /** Times a feature's sum of squares about its mean, on average over the features; default 10^−4 … 10^4. */
  readonly penalties?: readonly number[];
  /** Runs with shuffled labels; default 20, 0 for none. */
  readonly shuffles?: number;
  /** Draws of the interval. */
  readonly draws?: number;
}

/** Held-out R², against the training mean; below 0 where the probe is worse than that mean. */
export type ProbeResult =
  | {
      readonly kind: "value";
      readonly r2: BootstrapInterval;
      /** Penalty chosen in each fold, by folds inside its training problems. */
      readonly penalties: readonly number[];
      /** The same with whole problems' labels exchanged: what the procedure finds where there is nothing. */
      readonly control: { readonly r2: readonly number[]; readonly p: number } | null;
      readonly problems: number;
    }
  | { readonly kind: "undefined"; readonly reason: string };

const PENALTIES = [1e-4, 1e-3, 1e-2, 1e-1, 1, 10, 100, 1e3, 1e4];

/** Runs the probe and its control. The same seed gives the same folds. */
export function linearProbe(data: ProbeData, options: ProbeOptions): ProbeResult {
  const names = [...new Set(data.problem)];
  const folds = options.folds ?? 5;
  if (names.length < 2 * folds)
    return {
      kind: "undefined",
      reason: `${names.length} problems, at least ${2 * folds} are needed for ${folds} folds`,
    };
  if (data.y.every((each) => each === data.y[0]))
    return { kind: "undefined", reason: "what is to be read out is constant" };
  const index = new Map(names.map((name, i) => [name, i]));
  const problem = Int32Array.from(data.problem, (name) => index.get(name) ?? 0);
  const fold = foldsOf(names.length, folds, options.seed);
  const penalties = options.penalties ?? PENALTIES;
  const scale = averageSquares(data.x);
  const absolute = penalties.map((penalty) => penalty * scale);
  const found = heldOut({ x: data.x, y: data.y, problem, fold, folds, penalties: absolute });
  if (found === null) return { kind: "undefined", reason: "no penalty gives a fit in every fold" };
  const draws = options.draws === undefined ? {} : { draws: options.draws };
  const r2 = clusteredBootstrap(names.length, ofSums(found.errors, 2, r2Of), { seed: options.seed, ...draws });
  const random = randomSource(options.seed + 1);
  const control = Array.from({ length: options.shuffles ?? 20 }, () => {
    const run = heldOut({
      x: data.x,
      y: exchanged(data.y, problem, names.length, random),
      problem,
      fold,
      folds,
      penalties: absolute,
    });
    return run === null ? 0 : (r2Of(total(run.errors)) ?? 0);
  });
  const own = r2Of(total(found.errors)) ?? 0;
  return {
    kind: "value",
    r2,
    penalties: found.chosen.map((i) => penalties[i] ?? 0),
    control:
      control.length === 0
        ? null
        : { r2: control, p: (control.filter((each) => each >= own).length + 1) / (control.length + 1) },
    problems: names.length,
  };
}

function averageSquares({ rows, width, values }: Features): number {
  let sum = 0;
  for (let a = 0; a < width; a++) {
    let mean = 0;
    for (let row = 0; row < rows; row++) mean += (values[row * width + a] ?? 0) / rows;
    for (let row = 0; row < rows; row++) sum += ((values[row * width + a] ?? 0) - mean) ** 2;
  }
  return sum / Math.max(1, width);
}

/** Data with the fold of each problem, and penalties in absolute terms. */
export interface ProbeRun {
  readonly x: Features;
  readonly y: Float64Array;
  readonly problem: Int32Array;
  readonly fold: Int32Array;
  readonly folds: number;
  readonly penalties: readonly number[];
}

/** Squared error and squared distance to the training mean, `[problem, 2]`, each from a fit that did not see the problem; index of each fold's penalty. */
export function heldOut(run: ProbeRun): { errors: Float64Array; chosen: number[] } | null {
  const { x, y, problem, fold, folds, penalties } = run;
  const errors = new Float64Array(fold.length * 2);
  const rowsOf = (wanted: (f: number) => boolean): number[] =>
    Array.from(y.keys()).filter((row) => wanted(fold[problem[row] ?? 0] ?? 0));
  const chosen: number[] = [];
  for (let out = 0; out < folds; out++) {
    const inner = penalties.map(() => 0);
    for (let tune = 0; tune < folds; tune++) {
      if (tune === out) continue;
      const fits = ridge(
        x,
        y,
        rowsOf((f) => f !== out && f !== tune),
        penalties,
      );
      const rows = rowsOf((f) => f === tune);
      for (const [i, fit] of fits.entries())
        inner[i] =
          fit === null
            ? Number.POSITIVE_INFINITY
            : rows.reduce((sum, row) => sum + ((y[row] ?? 0) - predict(fit, x, row)) ** 2, inner[i] ?? 0);
    }
    const best = inner.indexOf(Math.min(...inner));
    const train = rowsOf((f) => f !== out);
    const [fit] = ridge(x, y, train, [penalties[best] ?? 1]);
    if (fit === null || fit === undefined) return null;
    chosen.push(best);
    const mean = train.reduce((sum, row) => sum + (y[row] ?? 0), 0) / train.length;
    for (const row of rowsOf((f) => f === out)) {
      const at = 2 * (problem[row] ?? 0);
      errors[at] = (errors[at] ?? 0) + ((y[row] ?? 0) - predict(fit, x, row)) ** 2;
      errors[at + 1] = (errors[at + 1] ?? 0) + ((y[row] ?? 0) - mean) ** 2;
    }
  }
  return { errors, chosen };
}

function r2Of(total: Float64Array): number | null {
  return (total[1] ?? 0) > 0 ? 1 - (total[0] ?? 0) / (total[1] ?? 1) : null;
}

function total(errors: Float64Array): Float64Array {
  const sums = new Float64Array(2);
  for (const [at, each] of errors.entries()) sums[at % 2] = (sums[at % 2] ?? 0) + each;
  return sums;
}

/** Fold of each problem, as even as can be. */
export function foldsOf(problems: number, folds: number, seed: number): Int32Array {
  const order = Int32Array.from({ length: problems }, (_, i) => i);
  shuffle(order, randomSource(seed));
  const fold = new Int32Array(problems);
  for (const [place, problem] of order.entries()) fold[problem] = place % folds;
  return fold;
}

// Whole problems exchange their labels, in order, with problems of as many rows: what the rows of one share stays together.
function exchanged(
  y: Float64Array,
  problem: Int32Array,
  problems: number,
  random: ReturnType<typeof randomSource>,
): Float64Array {
  const rows = Array.from({ length: problems }, (): number[] => []);
  for (const [row, p] of problem.entries()) rows[p]?.push(row);
  const result = y.slice();
  for (const size of new Set(rows.map(({ length }) => length))) {
    const same = rows.filter(({ length }) => length === size);
    const order = Int32Array.from(same, (_, i) => i);
    shuffle(order, random);
    for (const [i, mine] of same.entries())
      for (const [k, row] of mine.entries()) result[row] = y[same[order[i] ?? 0]?.[k] ?? 0] ?? 0;
  }
  return result;
}
