/** Means, intervals and tests of a sweep's cells: problems are what is resampled and compared. */

import { clusteredBootstrap, ofSums } from "../../statistics/clustered-bootstrap.js";
import type { Estimate } from "../../statistics/estimate.js";
import { meanEstimate } from "../../statistics/mean-estimate.js";
import { compareOutcomes, signFlipTest } from "../../statistics/paired-runs.js";
import { wilson } from "../../statistics/proportion-interval.js";
import type { Value } from "./measures.js";

/** Values of one measure by problem; null where there is none. */
export type Column = readonly (Value | undefined)[];

/** What a test found, or why there is none. */
export type SweepTest =
  | {
      readonly kind: "value";
      /** Two-sided; adjusted where that was asked for. Never 0. */
      readonly p: number;
      readonly test: "McNemar, exact" | "sign flips, exact" | "sign flips, drawn";
      /** Mean here less mean there, with its 95 % interval. */
      readonly difference: Estimate;
      /** Problems that have both values. */
      readonly n: number;
    }
  | { readonly kind: "undefined"; readonly reason: string };

const NOTHING: Estimate = { kind: "undefined", reason: "nothing was measured" };

/** The mean of all values; null where there are none. @param columns several cells' values. */
export function meanOf(columns: readonly Column[]): number | null {
  const values = columns.flatMap((column) => column.flatMap((each) => numberOf(each) ?? []));
  return values.length === 0 ? null : values.reduce((sum, each) => sum + each, 0) / values.length;
}

/**
 * The same with its 95 % interval: Wilson's for a share with one row a problem, else the bootstrap in which a problem keeps all its rows.
 */
export function intervalOf(columns: readonly Column[], seed: number): Estimate {
  const byProblem = problemsOf(columns);
  const all = byProblem.flat();
  if (all.length === 0) return NOTHING;
  const isSingle = byProblem.every(({ length }) => length === 1);
  if (isSingle && columns.flat().every((each) => typeof each !== "number"))
    return wilson(all.filter((each) => each === 1).length, all.length);
  if (isSingle) return meanEstimate(all, seed);
  const value = all.reduce((sum, each) => sum + each, 0) / all.length;
  const sums = Float64Array.from(byProblem.flatMap((mine) => [mine.reduce((sum, each) => sum + each, 0), mine.length]));
  const statistic = ofSums(sums, 2, ([total = 0, count = 0]) => (count === 0 ? null : total / count));
  const interval = clusteredBootstrap(byProblem.length, statistic, { seed });
  const { low, high } = interval.kind === "value" ? interval : { low: null, high: null };
  return { kind: "value", value, low, high, n: byProblem.length };
}

/** Values of each problem that has any. */
function problemsOf(columns: readonly Column[]): number[][] {
  const length = Math.max(0, ...columns.map((column) => column.length));
  return Array.from({ length }, (_, problem) => columns.flatMap((column) => numberOf(column[problem]) ?? [])).filter(
    (mine) => mine.length > 0,
  );
}

/** Compares two columns problem by problem: truth values by McNemar's exact test, numbers by flipping signs. */
export function testOf(here: Column, there: Column, { seed }: { readonly seed: number }): SweepTest {
  const pairs = here.flatMap((each, problem) => {
    const [first, second] = [numberOf(each), numberOf(there[problem])];
    return first === null || second === null ? [] : [{ problem: String(problem), first, second }];
  });
  const n = pairs.length;
  if (n === 0) return { kind: "undefined", reason: "no problem has both values" };
  const isCount = [...here, ...there].every((each) => typeof each !== "number");
  if (isCount) {
    const found = compareOutcomes(pairs.map(({ first, second }) => ({ first: first === 1, second: second === 1 })));
    if (found.mcnemar.kind === "undefined") return found.mcnemar;
    return { kind: "value", p: found.mcnemar.p, test: "McNemar, exact", difference: found.difference, n };
  }
  const differences = pairs.map(({ first, second }) => first - second);
  const signFlip = signFlipTest(differences, { seed });
  if (signFlip.kind === "undefined") return signFlip;
  const difference = meanEstimate(differences, seed);
  return {
    kind: "value",
    p: signFlip.p,
    test: signFlip.exact ? "sign flips, exact" : "sign flips, drawn",
    difference,
    n,
  };
}

/** A truth value counts as 1 or 0. */
function numberOf(value: Value | undefined): number | null {
  if (typeof value === "boolean") return value ? 1 : 0;
  return typeof value === "number" ? value : null;
}
