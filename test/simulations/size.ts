/** How often each test rejects where there is nothing to find. */

import type { ClusteredRows } from "../../src/statistics/clustered-rows.js";
import { conditionalLogit } from "../../src/statistics/conditional-logit.js";
import type { PValue } from "../../src/statistics/estimate.js";
import { holm } from "../../src/statistics/holm.js";
import { pearson, pearsonP } from "../../src/statistics/pearson.js";
import { permutationTest, pOf } from "../../src/statistics/permutation.js";
import { randomSource } from "../../src/statistics/random-source.js";
import { type Design, logitRows, simulateStudy } from "./studies.js";

/** Tests by name. */
export const TESTS = {
  "pooled r, p from t over rows": (rows) => {
    const result = pearson(Array.from(rows.x), Array.from(rows.y));
    return result.kind === "value" ? { kind: "value", p: pearsonP(result.r, result.n) } : result;
  },
  "within position, whole problems exchanged": (rows, options) => pOf(permutationTest(rows, "whole-problems", options)),
  "two-way, whole problems exchanged": (rows, options) =>
    pOf(permutationTest(rows, "whole-problems", { ...options, twoWay: true })),
  "within position, each position exchanged by itself": (rows, options) =>
    pOf(permutationTest(rows, "problems-within-position", options)),
  "within problem, positions exchanged": (rows, options) =>
    pOf(permutationTest(rows, "positions-within-problem", options)),
  "conditional logit, score": (rows) => logit(rows, "score"),
  "conditional logit, likelihood ratio": (rows) => logit(rows, "likelihoodRatio"),
  "conditional logit, Wald": (rows) => logit(rows, "wald"),
} as const satisfies Record<string, Test>;

type Test = (rows: ClusteredRows, options: { readonly seed: number; readonly permutations: number }) => PValue;

/** Name of a test. */
export type TestName = keyof typeof TESTS;

const PERMUTATIONS = 399;

function logit(rows: ClusteredRows, which: "score" | "likelihoodRatio" | "wald"): PValue {
  const result = conditionalLogit(logitRows(rows));
  return result.kind === "value" ? result[which] : { kind: "undefined", reason: result.reason };
}

/** Rejections at 5 % of the data sets in which the test is defined. */
export interface Size {
  readonly test: TestName;
  readonly rejected: number;
  readonly defined: number;
  readonly ps: readonly number[];
}

/** Runs tests over simulated data sets of one design. */
export function measureSize(
  design: Design,
  problems: number,
  { sets, seed, tests }: { readonly sets: number; readonly seed: number; readonly tests: readonly TestName[] },
): Size[] {
  const random = randomSource(seed);
  const ps = new Map(tests.map((test) => [test, [] as number[]]));
  for (let set = 0; set < sets; set++) {
    const [rows] = simulateStudy(design, problems, random);
    if (rows === undefined) continue;
    for (const test of tests) {
      const result = TESTS[test](rows, { seed: set, permutations: PERMUTATIONS });
      if (result.kind === "value") ps.get(test)?.push(result.p);
    }
  }
  return [...ps].map(([test, each]) => ({
    test,
    rejected: each.filter((p) => p <= 0.05).length,
    defined: each.length,
    ps: each,
  }));
}

/** Studies in which any of several layers is called significant, without and with Holm. */
export function measureFamily(
  design: Design,
  problems: number,
  { sets, seed, layers }: { readonly sets: number; readonly seed: number; readonly layers: number },
): { readonly plain: number; readonly holm: number; readonly sets: number } {
  const random = randomSource(seed);
  let [plain, adjusted] = [0, 0];
  for (let set = 0; set < sets; set++) {
    const ps = simulateStudy(design, problems, random, layers).map((rows) =>
      pOf(permutationTest(rows, "whole-problems", { seed: set, permutations: PERMUTATIONS })),
    );
    const any = (some: readonly PValue[]): boolean => some.some((each) => each.kind === "value" && each.p <= 0.05);
    if (any(ps)) plain++;
    if (any(holm(ps))) adjusted++;
  }
  return { plain, holm: adjusted, sets };
}
