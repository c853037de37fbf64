/** Two runs on the same problems: outcomes by McNemar and Newcombe, numbers by bootstrap and by sign flips of whole problems. */

import {
  type BootstrapInterval,
  type BootstrapOptions,
  clusteredBootstrap,
  ofSums,
  tooFew,
} from "./clustered-bootstrap.js";
import { cohenDz, cohenH } from "./effect-size.js";
import type { Estimate, PValue } from "./estimate.js";
import { mcnemarExact, mcnemarMidP, mcnemarOddsRatio } from "./mcnemar.js";
import { PERMUTATIONS, type PermutationResult } from "./permutation.js";
import { newcombePaired, type PairedCounts } from "./proportion-interval.js";
import { flippedSigns } from "./sign-flips.js";

/** Right or wrong in both runs; one entry a problem. */
export interface PairedOutcome {
  readonly first: boolean;
  readonly second: boolean;
}

/** What is said of two runs' outcomes. */
export interface OutcomeComparison {
  readonly counts: PairedCounts;
  /** Share of the first less share of the second. */
  readonly difference: Estimate;
  readonly cohenH: number | null;
  /** Problems that only the first gets right over those that only the second does. */
  readonly oddsRatio: Estimate;
  readonly mcnemar: PValue;
  readonly mcnemarMidP: PValue;
}

/**
 * Compares outcomes problem by problem.
 * @example
 * ```ts
 * const pairs = [
 *   { first: true, second: false },
 *   { first: true, second: true },
 *   { first: false, second: false },
 * ];
 * const { counts, mcnemar } = compareOutcomes(pairs);
 * counts; // → { both: 1, firstOnly: 1, secondOnly: 0, neither: 1 }
 * mcnemar; // → { kind: 'value', p: 1 }
 * ```
 */
export function compareOutcomes(pairs: readonly PairedOutcome[]): OutcomeComparison {
  const count = (first: boolean, second: boolean): number =>
    pairs.filter((pair) => pair.first === first && pair.second === second).length;
  const counts = {
    both: count(true, true),
    firstOnly: count(true, false),
    secondOnly: count(false, true),
    neither: count(false, false),
  };
  const n = pairs.length;
  const { both, firstOnly, secondOnly } = counts;
  return {
    counts,
    difference: newcombePaired(counts),
    cohenH: n === 0 ? null : cohenH((both + firstOnly) / n, (both + secondOnly) / n),
    oddsRatio: mcnemarOddsRatio(firstOnly, secondOnly),
    mcnemar: mcnemarExact(firstOnly, secondOnly),
    mcnemarMidP: mcnemarMidP(firstOnly, secondOnly),
  };
}

/** A number in both runs; several rows may share a problem. */
export interface PairedNumber {
  readonly problem: string;
  readonly first: number;
  readonly second: number;
}

/** What is said of two runs' numbers. */
export interface NumberComparison {
  /** Mean of first − second over rows, whole problems resampled. */
  readonly difference: BootstrapInterval;
  /** Null: the two runs are exchangeable within a problem. */
  readonly signFlip: PermutationResult;
  /** Over the problems' mean differences. */
  readonly effect: Estimate;
}

/**
 * Compares numbers problem by problem.
 * @example
 * ```ts
 * const pairs = [1, 2, 3, 4].map((x) => ({ problem: `p${x}`, first: x, second: 0 }));
 * compareNumbers(pairs, { seed: 1 }).signFlip; // → { kind: 'value', p: 0.125, permutations: 16, exact: true }
 * ```
 */
export function compareNumbers(
  pairs: readonly PairedNumber[],
  options: BootstrapOptions & { readonly permutations?: number },
): NumberComparison {
  const byProblem = new Map<string, { sum: number; n: number }>();
  for (const { problem, first, second } of pairs) {
    const held = byProblem.get(problem) ?? { sum: 0, n: 0 };
    byProblem.set(problem, { sum: held.sum + first - second, n: held.n + 1 });
  }
  const problems = [...byProblem.values()];
  const sums = Float64Array.from(problems.flatMap(({ sum, n }) => [sum, n]));
  const mean = ofSums(sums, 2, (total) => ((total[1] ?? 0) === 0 ? null : (total[0] ?? 0) / (total[1] ?? 1)));
  return {
    difference: clusteredBootstrap(problems.length, mean, options),
    signFlip: signFlipTest(
      problems.map(({ sum }) => sum),
      options,
    ),
    effect: cohenDz(problems.map(({ sum, n }) => sum / n)),
  };
}

/** What one problem adds to a ratio in both runs: `sum` of `n` rows, such as broken answers of right ones. */
export interface PairedRatio {
  readonly first: RatioPart;
  readonly second: RatioPart;
}

/** One problem's part of a ratio of sums. */
export interface RatioPart {
  readonly sum: number;
  readonly n: number;
}

/**
 * Ratio of sums in the first run less that in the second, whole problems resampled in both runs at once. A share of right answers, of
 * broken ones of the right ones, and a mean are such ratios; a problem without rows in one run counts in the other.
 * @example
 * ```ts
 * const pairs = [1, 2, 3, 4].map((x) => ({ first: { sum: x, n: 1 }, second: { sum: 1, n: 1 } }));
 * const found = compareRatios(pairs, { seed: 1 });
 * found.kind === "value" && found.value; // → 1.5
 * ```
 */
export function compareRatios(pairs: readonly PairedRatio[], options: BootstrapOptions): BootstrapInterval {
  const sums = Float64Array.from(pairs.flatMap(({ first, second }) => [first.sum, first.n, second.sum, second.n]));
  const difference = ofSums(sums, 4, ([a = 0, an = 0, b = 0, bn = 0]) =>
    an === 0 || bn === 0 ? null : a / an - b / bn,
  );
  return clusteredBootstrap(pairs.length, difference, options);
}

const MOST_ENUMERATED = 14;

/**
 * Two-sided test that differences are symmetric about 0, each problem's sign flipped as a whole; exact up to 14 problems.
 * @example
 * ```ts
 * signFlipTest([1, 2, 3, 4], { seed: 1 }); // → { kind: 'value', p: 0.125, permutations: 16, exact: true }
 * ```
 */
export function signFlipTest(
  differences: readonly number[],
  options: { readonly seed: number; readonly permutations?: number },
): PermutationResult {
  const moving = Float64Array.from(differences.filter((each) => each !== 0));
  if (differences.length < 3) return tooFew(differences.length);
  if (moving.length === 0) return { kind: "undefined", reason: "no problem differs" };
  const scale = moving.reduce((sum, each) => sum + Math.abs(each), 0);
  const bar = Math.abs(moving.reduce((sum, each) => sum + each, 0)) - 1e-12 * scale;
  if (moving.length <= MOST_ENUMERATED) {
    const all = 2 ** moving.length;
    let extreme = 0;
    for (let signs = 0; signs < all; signs++)
      if (Math.abs(moving.reduce((sum, each, i) => sum + ((signs >> i) & 1 ? -each : each), 0)) >= bar) extreme++;
    return { kind: "value", p: extreme / all, permutations: all, exact: true };
  }
  const permutations = options.permutations ?? PERMUTATIONS;
  let extreme = 0;
  for (const signs of flippedSigns(options.seed, { flips: permutations, size: moving.length })) {
    let sum = 0;
    for (let j = 0; j < moving.length; j++) sum += (signs[j] ?? 0) * (moving[j] ?? 0);
    if (Math.abs(sum) >= bar) extreme++;
  }
  return { kind: "value", p: (extreme + 1) / (permutations + 1), permutations, exact: false };
}
