/** How many problems a design needs: exactly for McNemar's test, by simulation for r within position. */

import type { ClusteredRows } from "./clustered-rows.js";
import { normalQuantile } from "./gamma-distribution.js";
import { permutationTest } from "./permutation.js";
import { type RandomSource, randomSource } from "./random-source.js";
import { logGamma } from "./t-distribution.js";

/** Chances that a problem changes each way, and the level of the test. */
export interface McnemarDesign {
  readonly breaks: number;
  readonly mends: number;
  readonly alpha: number;
}

/**
 * Power of the exact McNemar test with n problems, of which a share `breaks` changes one way and a share `mends` the other.
 * @example
 * ```ts
 * mcnemarPower(100, { breaks: 0.2, mends: 0.05, alpha: 0.05 }); // → 0.8367
 * ```
 */
export function mcnemarPower(n: number, design: McnemarDesign): number {
  return powerCurve(design)(n);
}

// Power given d changes does not depend on n, so it is computed once a d.
function powerCurve({ breaks, mends, alpha }: McnemarDesign): (n: number) => number {
  const changed = breaks + mends;
  const given: number[] = [0];
  const ofChanges = (d: number): number => {
    const known = given[d];
    if (known !== undefined) return known;
    const most = largestRejected(d, alpha);
    let reject = 0;
    for (let k = 0; k <= most; k++) reject += binomial(d, k, breaks / changed) + binomial(d, d - k, breaks / changed);
    given[d] = reject;
    return reject;
  };
  return (n) => {
    let power = 0;
    for (let d = 1; d <= n; d++) {
      const chance = binomial(n, d, changed);
      if (chance > 1e-15) power += chance * ofChanges(d);
    }
    return Math.min(1, power);
  };
}

/** Largest k whose two-sided p with d changes is at most alpha; −1 where there is none. */
function largestRejected(d: number, alpha: number): number {
  let k = -1;
  let tail = 0;
  while (2 * (k + 1) < d) {
    tail += binomial(d, k + 1, 0.5);
    if (2 * tail > alpha) return k;
    k++;
  }
  return k;
}

/** Most problems that are looked at. */
export const MOST_PROBLEMS = 20_000;

/**
 * Fewest problems from which on the power stays at its goal: exact tests are jagged, so a single n may reach it by luck.
 *
 * @returns null where more than `MOST_PROBLEMS` are needed.
 * @example
 * ```ts
 * mcnemarProblems({ breaks: 0.2, mends: 0.05, alpha: 0.05, power: 0.8 }); // → 92
 * ```
 */
export function mcnemarProblems(design: McnemarDesign & { readonly power: number }): number | null {
  const powerOf = powerCurve(design);
  let high = 8;
  while (powerOf(high) < design.power) {
    high *= 2;
    if (high > MOST_PROBLEMS) return null;
  }
  // The jags are far shorter than this reach.
  const reach = Math.max(50, Math.ceil(high * 0.1));
  for (let n = high + reach; n >= 1; n--) if (powerOf(n) < design.power) return n + 1;
  return 1;
}

/** A design whose power is found by simulation. */
export interface CorrelationDesign {
  /** r within position between attention and importance. */
  readonly effect: number;
  /** Share of answers that break at a position. */
  readonly baseline: number;
  readonly positions: number;
  readonly alpha: number;
  readonly seed: number;
  readonly simulations: number;
  /** Correlation of two positions' values in one problem, of both variables. */
  readonly clustering: number;
}

const PERMUTATIONS_IN_A_SIMULATION = 399;

/**
 * Share of simulated studies of n problems whose whole-problem permutation test rejects, with the error of simulating.
 * @example
 * ```ts
 * const design = { effect: 0.5, baseline: 0.3, positions: 6, alpha: 0.05, seed: 1, simulations: 20, clustering: 0.3 };
 * correlationPower(40, design).power > 0.5; // → true
 * ```
 */
export function correlationPower(
  n: number,
  design: CorrelationDesign,
): { readonly power: number; readonly error: number } {
  const random = randomSource(design.seed);
  let rejections = 0;
  for (let i = 0; i < design.simulations; i++) {
    const result = permutationTest(simulatedStudy(n, design, random), "whole-problems", {
      seed: i,
      permutations: PERMUTATIONS_IN_A_SIMULATION,
    });
    if (result.kind === "value" && result.p <= design.alpha) rejections++;
  }
  const power = rejections / design.simulations;
  return { power, error: Math.sqrt((power * (1 - power)) / design.simulations) };
}

/**
 * Fewest problems by bisection to about 2 %; null where more than `MOST_PROBLEMS` are needed.
 * @example
 * ```ts
 * const design = { effect: 0.6, baseline: 0.5, positions: 6, alpha: 0.05, seed: 1, simulations: 20, clustering: 0 };
 * const problems = correlationProblems({ ...design, power: 0.8 });
 * problems !== null && problems < 40; // → true
 * ```
 */
export function correlationProblems(design: CorrelationDesign & { readonly power: number }): number | null {
  const reaches = (n: number): boolean => correlationPower(n, design).power >= design.power;
  let high = 16;
  while (!reaches(high)) {
    high *= 2;
    if (high > MOST_PROBLEMS) return null;
  }
  let low = high / 2;
  while (high - low > Math.max(1, 0.02 * high)) {
    const middle = Math.round((low + high) / 2);
    if (reaches(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/**
 * Attention is normal, with a part that its problem's rows share. Importance is 1 where another such variable, sharing a part with
 * attention at the same place, passes its threshold: the part is chosen so that r of the 0/1 outcome is the effect asked for.
 */
function simulatedStudy(n: number, design: CorrelationDesign, random: RandomSource): ClusteredRows {
  const { positions, clustering } = design;
  const threshold = thresholdOf(design.baseline);
  const density = Math.exp(-(threshold * threshold) / 2) / Math.sqrt(2 * Math.PI);
  // Cov(x, 1[z > t]) = ρ·φ(t), so r = ρ·φ(t) / √(b(1 − b)).
  const rho = (design.effect * Math.sqrt(design.baseline * (1 - design.baseline))) / density;
  const [shared, own] = [Math.sqrt(clustering), Math.sqrt(1 - clustering)];
  const [x, y] = [new Float64Array(n * positions), new Float64Array(n * positions)];
  for (let p = 0, row = 0; p < n; p++) {
    const [first, second] = [random.normal(), random.normal()];
    for (let k = 0; k < positions; k++, row++) {
      const u = shared * first + own * random.normal();
      const v = shared * second + own * random.normal();
      x[row] = u;
      y[row] = rho * u + Math.sqrt(1 - rho * rho) * v > threshold ? 1 : 0;
    }
  }
  return {
    problems: n,
    positions,
    start: Int32Array.from({ length: n + 1 }, (_, p) => p * positions),
    position: Int32Array.from({ length: n * positions }, (_, row) => row % positions),
    x,
    y,
  };
}

/** Largest r that a 0/1 outcome of this rate can have with a normal variable. */
export function largestCorrelation(baseline: number): number {
  const threshold = thresholdOf(baseline);
  const density = Math.exp(-(threshold * threshold) / 2) / Math.sqrt(2 * Math.PI);
  return density / Math.sqrt(baseline * (1 - baseline));
}

function thresholdOf(baseline: number): number {
  return normalQuantile(1 - baseline);
}

function binomial(n: number, k: number, p: number): number {
  if (p <= 0) return k === 0 ? 1 : 0;
  if (p >= 1) return k === n ? 1 : 0;
  return Math.exp(logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1) + k * Math.log(p) + (n - k) * Math.log1p(-p));
}
