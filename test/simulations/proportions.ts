/** Size and coverage of what is said of counts: exactly where the outcomes can be enumerated, else simulated. */

import type { Estimate, PValue } from "../../src/statistics/estimate.js";
import { mcnemarExact, mcnemarMidP } from "../../src/statistics/mcnemar.js";
import { signFlipTest } from "../../src/statistics/paired-runs.js";
import { newcombeIndependent, newcombePaired, wilson } from "../../src/statistics/proportion-interval.js";
import { randomSource } from "../../src/statistics/random-source.js";
import { regression } from "../../src/statistics/regression.js";
import { logGamma } from "../../src/statistics/t-distribution.js";

function binomial(n: number, k: number, p: number): number {
  const choose = logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);
  return Math.exp(choose + k * Math.log(p) + (n - k) * Math.log1p(-p));
}

function covers(interval: Estimate, truth: number): boolean {
  return interval.kind === "value" && (interval.low ?? 0) <= truth && truth <= (interval.high ?? 0);
}

/** Exact coverage of Wilson's interval. */
export function wilsonCoverage(n: number, p: number): number {
  let covered = 0;
  for (let k = 0; k <= n; k++) if (covers(wilson(k, n), p)) covered += binomial(n, k, p);
  return covered;
}

/** Exact coverage of Newcombe's interval for two groups of n. */
export function newcombeCoverage(n: number, p1: number, p2: number): number {
  let covered = 0;
  for (let a = 0; a <= n; a++)
    for (let b = 0; b <= n; b++)
      if (covers(newcombeIndependent({ count: a, n }, { count: b, n }), p1 - p2))
        covered += binomial(n, a, p1) * binomial(n, b, p2);
  return covered;
}

/** Exact coverage of the paired interval: all pairs right first, of which a share breaks, or both ways at the rates given. */
export function pairedCoverage(n: number, right: number, breaks: number, mends: number): number {
  let covered = 0;
  for (let first = 0; first <= n; first++) {
    const chance = right === 1 ? Number(first === n) : binomial(n, first, right);
    if (chance < 1e-7) continue;
    for (let b = 0; b <= first; b++)
      for (let c = 0; c <= n - first; c++) {
        const mended = n === first ? 1 : binomial(n - first, c, mends);
        const cells = { both: first - b, firstOnly: b, secondOnly: c, neither: n - first - c };
        if (covers(newcombePaired(cells), right * breaks - (1 - right) * mends))
          covered += chance * binomial(first, b, breaks) * mended;
      }
  }
  return covered;
}

/** Exact size of McNemar's test where a share `changed` of n pairs changes, each way alike. */
export function mcnemarSize(n: number, changed: number, form: "exact" | "mid-p"): number {
  const test = form === "exact" ? mcnemarExact : mcnemarMidP;
  const rejects = (p: PValue): boolean => p.kind === "value" && p.p <= 0.05;
  let size = 0;
  for (let d = 1; d <= n; d++) {
    const chance = binomial(n, d, changed);
    if (chance < 1e-12) continue;
    for (let b = 0; b <= d; b++) if (rejects(test(b, d - b))) size += chance * binomial(d, b, 0.5);
  }
  return size;
}

/** Rejections of the sign-flip test on differences with heavy tails. */
export function signFlipSize(
  problems: number,
  { sets, seed }: { readonly sets: number; readonly seed: number },
): number {
  const random = randomSource(seed);
  let rejected = 0;
  for (let set = 0; set < sets; set++) {
    const differences = Array.from({ length: problems }, () => random.normal() * Math.exp(random.normal()));
    const result = signFlipTest(differences, { seed: set, permutations: 399 });
    if (result.kind === "value" && result.p <= 0.05) rejected++;
  }
  return rejected;
}

/** Rejections of a coefficient that is 0, six rows a problem, problem effects in both variables. */
export function regressionSize(
  problems: number,
  { sets, seed }: { readonly sets: number; readonly seed: number },
): number {
  const random = randomSource(seed);
  const names = Array.from({ length: problems * 6 }, (_, row) => String(Math.floor(row / 6)));
  let rejected = 0;
  for (let set = 0; set < sets; set++) {
    const column = (): number[] =>
      Array.from({ length: problems }, () => random.normal()).flatMap((shared) =>
        Array.from({ length: 6 }, () => shared + random.normal()),
      );
    const result = regression(column(), { x: column() }, names);
    const p = result.kind === "value" ? result.coefficients[1]?.p : undefined;
    if (p?.kind === "value" && p.p <= 0.05) rejected++;
  }
  return rejected;
}
