/** What a linear read-out predicts of problems it has not seen: ridge, penalty and error by folds of whole problems drawn several times, labels shuffled as control. */

import { type BootstrapInterval, clusteredBootstrap, ofSums } from "./clustered-bootstrap.js";
import { type FoldDraws, foldDraws, spreadOf } from "./fold-draws.js";
import { type HeldOut, heldOutOf } from "./held-out-ridge.js";
import { randomSource, shuffle } from "./random-source.js";
import type { Features } from "./ridge-fits.js";

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
  /** Draws of the folds, an odd number: R² is their median. Default 1. */
  readonly foldDraws?: number;
  /** Times a feature's sum of squares about its mean, on average over the features, in each training set; default `PENALTIES`. */
  readonly penalties?: readonly number[];
  /** Runs with shuffled labels; default 20, 0 for none. */
  readonly shuffles?: number;
  /** Draws of the interval, not of the folds. */
  readonly draws?: number;
}

/** Held-out R², against the training mean; below 0 where the probe is worse than that mean. */
export type ProbeResult =
  | {
      readonly kind: "value";
      /** Of the draw of folds whose R² is the median. Its interval resamples problems, that draw's fits as they are. */
      readonly r2: BootstrapInterval;
      /** How far R² hangs on the folds. */
      readonly draws: FoldDraws;
      /** Penalty chosen in each fold of the median draw, by folds inside its training problems. */
      readonly penalties: readonly number[];
      /** With whole problems' labels exchanged, under the folds of the median draw: what a fit finds where there is nothing. */
      readonly control: { readonly r2: readonly number[]; readonly p: number } | null;
      readonly problems: number;
    }
  | { readonly kind: "undefined"; readonly reason: string };

/** From next to nothing to next to the mean. */
export const PENALTIES = [1e-3, 1e-2, 1e-1, 1, 10, 100] as const;

/**
 * Runs the probe and its control. The same seed gives the same folds.
 * @example
 * ```ts
 * const y = Float64Array.from({ length: 40 }, (_, i) => i % 10);
 * const problem = Array.from({ length: 40 }, (_, i) => `p${i}`);
 * const x = { rows: 40, width: 1, values: Float64Array.from(y, (value) => 2 * value + 1) };
 * const probe = linearProbe({ x, y, problem }, { seed: 1, shuffles: 3 });
 * probe.kind === "value" && probe.r2.kind === "value" && probe.r2.value > 0.99; // → true
 * ```
 */
export function linearProbe({ x, y, problem }: ProbeData, options: ProbeOptions): ProbeResult {
  const [result] = linearProbes({ x, ys: [y], problem }, options);
  return result ?? { kind: "undefined", reason: "there is nothing to read out" };
}

/** Several numbers to read out of the same rows. */
export interface ProbesData extends Omit<ProbeData, "y"> {
  readonly ys: readonly Float64Array[];
}

/** What `linearProbe` gives for each number: the folds are the same, and what of a fit depends on the features alone is computed once. */
export function linearProbes({ x, ys, problem: names }: ProbesData, options: ProbeOptions): ProbeResult[] {
  const index = new Map([...new Set(names)].map((name, i) => [name, i]));
  const folds = options.folds ?? 5;
  if (index.size < 2 * folds) {
    const reason = `${index.size} problems, at least ${2 * folds} are needed for ${folds} folds`;
    return ys.map(() => ({ kind: "undefined", reason }));
  }
  const problem = Int32Array.from(names, (name) => index.get(name) ?? 0);
  const predict = heldOutOf(x);
  const foldsOfRows = foldDraws(index.size, { folds, draws: options.foldDraws ?? 1, seed: options.seed }).map(
    (ofProblem) => problem.map((each) => ofProblem[each] ?? 0),
  );
  const under = (draw: number, labels: readonly Float64Array[]): (HeldOut | null)[] =>
    predict(labels, { fold: foldsOfRows[draw] ?? [], folds, penalties: options.penalties ?? PENALTIES });
  const varying = ys.filter((y) => y.some((each) => each !== y[0]));
  const byDraw = foldsOfRows.map((_, draw) => under(draw, varying));
  return ys.map((y) => {
    const at = varying.indexOf(y);
    if (at < 0) return { kind: "undefined", reason: "what is to be read out is constant" };
    const drawn = byDraw.flatMap((labels) => labels[at] ?? []);
    return probeOf({ y, problem, problems: index.size, drawn, under }, options);
  });
}

interface Drawn {
  readonly y: Float64Array;
  readonly problem: Int32Array;
  readonly problems: number;
  /** Of each draw of the folds that has one. */
  readonly drawn: readonly HeldOut[];
  readonly under: (draw: number, labels: readonly Float64Array[]) => (HeldOut | null)[];
}

function probeOf({ y, problem, problems, drawn, under }: Drawn, options: ProbeOptions): ProbeResult {
  const spread = spreadOf(drawn.map((each) => r2Of(total(each.errors)) ?? 0));
  const found = drawn[spread.median];
  // Where one draw's fits are not defined, no draw's are that leaves the same problems out.
  if (found === undefined || drawn.length < (options.foldDraws ?? 1))
    return { kind: "undefined", reason: "the features do not differ between problems" };
  const random = randomSource(options.seed + 1);
  const shuffles = Array.from({ length: options.shuffles ?? 20 }, () => exchanged(y, problem, { problems, random }));
  const controls = under(spread.median, shuffles);
  const errors = new Float64Array(2 * problems);
  for (let at = 0; at < found.errors.length; at++) {
    const to = 2 * (problem[at >> 1] ?? 0) + (at % 2);
    errors[to] = (errors[to] ?? 0) + (found.errors[at] ?? 0);
  }
  const draws = options.draws === undefined ? {} : { draws: options.draws };
  const r2 = clusteredBootstrap(problems, ofSums(errors, 2, r2Of), { seed: options.seed, ...draws });
  const own = spread.r2[spread.median] ?? 0;
  const shuffled = controls.map((each) => (each === null ? 0 : (r2Of(total(each.errors)) ?? 0)));
  return {
    kind: "value",
    r2,
    draws: spread,
    penalties: found.penalties,
    control:
      shuffled.length === 0
        ? null
        : { r2: shuffled, p: (shuffled.filter((each) => each >= own).length + 1) / (shuffled.length + 1) },
    problems,
  };
}

function r2Of(sums: Float64Array): number | null {
  return (sums[1] ?? 0) > 0 ? 1 - (sums[0] ?? 0) / (sums[1] ?? 1) : null;
}

function total(errors: Float64Array): Float64Array {
  const sums = new Float64Array(2);
  for (let at = 0; at < errors.length; at++) sums[at % 2] = (sums[at % 2] ?? 0) + (errors[at] ?? 0);
  return sums;
}

// Whole problems exchange their labels, in order, with problems of as many rows: what the rows of one share stays together.
function exchanged(
  y: Float64Array,
  problem: Int32Array,
  { problems, random }: { readonly problems: number; readonly random: ReturnType<typeof randomSource> },
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
