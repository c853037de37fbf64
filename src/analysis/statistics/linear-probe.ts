/** What a linear read-out predicts of problems it has not seen: ridge, penalty and error by folds of whole problems, labels shuffled as control. */

import { type BootstrapInterval, clusteredBootstrap, ofSums } from "./clustered-bootstrap.js";
import { type Features, heldOut } from "./held-out-ridge.js";
import { randomSource, shuffle } from "./random.js";

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
  /** Times a feature's sum of squares about its mean, on average over the features, in each training set; default `PENALTIES`. */
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
      /** Its interval resamples problems, the fits as they are. */
      readonly r2: BootstrapInterval;
      /** Penalty chosen in each fold, by folds inside its training problems. */
      readonly penalties: readonly number[];
      /** The same with whole problems' labels exchanged: what the procedure finds where there is nothing. */
      readonly control: { readonly r2: readonly number[]; readonly p: number } | null;
      readonly problems: number;
    }
  | { readonly kind: "undefined"; readonly reason: string };

/** From next to nothing to next to the mean. */
export const PENALTIES = [1e-3, 1e-2, 1e-1, 1, 10, 100] as const;

/** Runs the probe and its control. The same seed gives the same folds. */
export function linearProbe(data: ProbeData, options: ProbeOptions): ProbeResult {
  const { x, y } = data;
  const names = [...new Set(data.problem)];
  const folds = options.folds ?? 5;
  if (names.length < 2 * folds)
    return {
      kind: "undefined",
      reason: `${names.length} problems, at least ${2 * folds} are needed for ${folds} folds`,
    };
  if (y.every((each) => each === y[0])) return { kind: "undefined", reason: "what is to be read out is constant" };
  const index = new Map(names.map((name, i) => [name, i]));
  const problem = Int32Array.from(data.problem, (name) => index.get(name) ?? 0);
  const ofProblem = foldsOf(names.length, folds, options.seed);
  const fold = problem.map((each) => ofProblem[each] ?? 0);
  const random = randomSource(options.seed + 1);
  const labels = [
    y,
    ...Array.from({ length: options.shuffles ?? 20 }, () => exchanged(y, problem, names.length, random)),
  ];
  const [found, ...controls] = heldOut(x, labels, { fold, folds, penalties: options.penalties ?? PENALTIES });
  if (found === null || found === undefined)
    return { kind: "undefined", reason: "the features do not differ between problems" };
  const errors = new Float64Array(2 * names.length);
  for (const [at, each] of found.errors.entries()) {
    const to = 2 * (problem[at >> 1] ?? 0) + (at % 2);
    errors[to] = (errors[to] ?? 0) + each;
  }
  const draws = options.draws === undefined ? {} : { draws: options.draws };
  const r2 = clusteredBootstrap(names.length, ofSums(errors, 2, r2Of), { seed: options.seed, ...draws });
  const own = r2Of(total(found.errors)) ?? 0;
  const shuffled = controls.map((each) => (each === null ? 0 : (r2Of(total(each.errors)) ?? 0)));
  return {
    kind: "value",
    r2,
    penalties: found.penalties,
    control:
      shuffled.length === 0
        ? null
        : { r2: shuffled, p: (shuffled.filter((each) => each >= own).length + 1) / (shuffled.length + 1) },
    problems: names.length,
  };
}

function r2Of(sums: Float64Array): number | null {
  return (sums[1] ?? 0) > 0 ? 1 - (sums[0] ?? 0) / (sums[1] ?? 1) : null;
}

function total(errors: Float64Array): Float64Array {
  const sums = new Float64Array(2);
  for (const [at, each] of errors.entries()) sums[at % 2] = (sums[at % 2] ?? 0) + each;
  return sums;
}

/** Fold of each problem, as even as can be. */
function foldsOf(problems: number, folds: number, seed: number): Int32Array {
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
