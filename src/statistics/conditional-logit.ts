/** Logistic regression conditional on each problem's number of events (Breslow and Day 1980): problem effects drop out of it. */

import { cholesky, inverseWith, solveWith } from "../base/linear-algebra.js";
import { conditionalLikelihood, type Likelihood, type Stratum } from "./conditional-likelihood.js";
import type { PValue } from "./estimate.js";
import { chiSquareTail, normalQuantile, normalTwoSided } from "./gamma-distribution.js";

/** One row: its problem, whether the event happened, the variable of interest and what is held fixed. */
export interface LogitRow {
  readonly stratum: string;
  readonly event: boolean;
  readonly x: number;
  /** Position, taken out by one indicator each; left out of the model where not given. */
  readonly position?: number;
  /** Further numbers that are held fixed, equally many in each row. */
  readonly covariates?: readonly number[];
}

/** The variable's odds ratio for one standard deviation, or why there is none. */
export type ConditionalLogit =
  | {
      readonly kind: "value";
      /** Change of log odds for one standard deviation. */
      readonly coefficient: number;
      readonly standardError: number;
      readonly oddsRatio: number;
      readonly low: number;
      readonly high: number;
      /** Standard deviation (n − 1) over all rows given. */
      readonly sd: number;
      readonly wald: PValue;
      /** Rao's score test at the fit without x: nearest to its level where events are few (docs/statistics.md). */
      readonly score: PValue;
      readonly likelihoodRatio: PValue;
      readonly logLikelihood: number;
      /** Problems with both an event and none: the others say nothing here. */
      readonly strata: number;
      readonly events: number;
      /** Positions where all rows have the event or none has: their indicator is infinite, and their rows drop out. */
      readonly droppedPositions: readonly number[];
    }
  | { readonly kind: "undefined"; readonly reason: string; readonly separated: boolean };

/**
 * Fits by Newton's method. x and covariates are put in units of their standard deviation.
 * @example
 * ```ts
 * const rows = ["a", "b", "c", "d"].flatMap((stratum, i) =>
 *   [0.1, 0.4, 0.9].map((x, row) => ({ stratum, x, event: row === (i === 3 ? 0 : 2) })),
 * );
 * const fit = conditionalLogit(rows);
 * fit.kind === "value" && fit.oddsRatio; // → 2.152
 * ```
 */
export function conditionalLogit(rows: readonly LogitRow[]): ConditionalLogit {
  if (rows.length < 3) return without(`${rows.length} rows, at least 3 are needed`);
  const sd = deviation(rows.map(({ x }) => x));
  if (sd === 0) return without("attention is constant");
  const { kept, dropped } = estimable(rows);
  const design = designOf(kept, sd);
  const strata = strataOf(kept, design);
  if (strata.length === 0) return without(noStrata(rows, dropped));
  const full = newton(strata, design.width);
  if (full.kind === "undefined") return full;
  const reduced = newton(strata.map(withoutFirst), design.width - 1);
  const { beta, standardErrors, logLikelihood } = full;
  const [coefficient = 0, standardError = 0] = [beta[0], standardErrors[0]];
  const z = normalQuantile(0.975);
  const ratio = reduced.kind === "undefined" ? null : Math.max(0, 2 * (logLikelihood - reduced.logLikelihood));
  return {
    kind: "value",
    coefficient,
    standardError,
    oddsRatio: Math.exp(coefficient),
    low: Math.exp(coefficient - z * standardError),
    high: Math.exp(coefficient + z * standardError),
    sd,
    wald: { kind: "value", p: normalTwoSided(coefficient / standardError) },
    score: scoreTest(strata, reduced),
    likelihoodRatio:
      ratio === null
        ? { kind: "undefined", reason: "the model without attention has no fit" }
        : { kind: "value", p: Math.max(Number.MIN_VALUE, chiSquareTail(ratio, 1)) },
    logLikelihood,
    strata: strata.length,
    events: strata.reduce((sum, stratum) => sum + stratum.events, 0),
    droppedPositions: dropped,
  };
}

/** Rao's score test of the first coefficient: gradient² over its variance, the others held at their fit without it. */
function scoreTest(strata: readonly Stratum[], reduced: Fit): PValue {
  if (reduced.kind === "undefined") return { kind: "undefined", reason: "the model without attention has no fit" };
  const beta = Float64Array.of(0, ...reduced.beta);
  const { gradient, information } = conditionalLikelihood(strata, beta);
  const factor = cholesky(information, beta.length, 1e-10);
  if (factor === null) return { kind: "undefined", reason: "attention follows from what is held fixed" };
  const variance = inverseWith(factor, beta.length)[0] ?? 0;
  return { kind: "value", p: Math.max(Number.MIN_VALUE, chiSquareTail((gradient[0] ?? 0) ** 2 * variance, 1)) };
}

/** Leaving out positions can leave nothing of problems that do have both outcomes. */
function noStrata(rows: readonly LogitRow[], dropped: readonly number[]): string {
  const outcomes = [...grouped(rows, ({ stratum }) => stratum).values()];
  const mixed = outcomes.filter((group) => new Set(group.map(({ event }) => event)).size === 2).length;
  if (mixed === 0) return "no problem has both outcomes";
  return `without position${dropped.length === 1 ? "" : "s"} ${dropped.join(", ")}, where all outcomes are alike, none of ${mixed} problem${mixed === 1 ? "" : "s"} has both outcomes`;
}

function without(reason: string, separated = false): ConditionalLogit & { kind: "undefined" } {
  return { kind: "undefined", reason, separated };
}

// Leaving out a position can leave a problem without both outcomes, and that another position with one outcome only: repeated until nothing changes.
function estimable(rows: readonly LogitRow[]): { kept: readonly LogitRow[]; dropped: readonly number[] } {
  const dropped: number[] = [];
  for (let kept = rows; ; ) {
    const mixed = new Set<string>();
    for (const group of grouped(kept, ({ stratum }) => stratum).values())
      if (new Set(group.map(({ event }) => event)).size === 2) mixed.add(group[0]?.stratum ?? "");
    const informative = kept.filter(({ stratum }) => mixed.has(stratum));
    const one = [...grouped(informative, ({ position }) => position ?? -1)].find(
      ([position, group]) => position >= 0 && new Set(group.map(({ event }) => event)).size === 1,
    );
    if (one === undefined) return { kept: informative, dropped: dropped.sort((a, b) => a - b) };
    dropped.push(one[0]);
    kept = informative.filter(({ position }) => position !== one[0]);
  }
}

interface Design {
  readonly width: number;
  readonly row: (row: LogitRow) => Float64Array;
}

function designOf(rows: readonly LogitRow[], sd: number): Design {
  const positions = [...new Set(rows.flatMap(({ position }) => position ?? []))].sort((a, b) => a - b).slice(1);
  const extra = rows[0]?.covariates?.length ?? 0;
  const scales = Array.from(
    { length: extra },
    (_, i) => deviation(rows.map(({ covariates }) => covariates?.[i] ?? 0)) || 1,
  );
  return {
    width: 1 + positions.length + extra,
    row: ({ x, position, covariates }) =>
      Float64Array.of(
        x / sd,
        ...positions.map((each) => (each === position ? 1 : 0)),
        ...scales.map((scale, i) => (covariates?.[i] ?? 0) / scale),
      ),
  };
}

function strataOf(rows: readonly LogitRow[], { width, row }: Design): Stratum[] {
  return [...grouped(rows, ({ stratum }) => stratum).values()].map((mine) => {
    // Events first: what comes before `events` happened.
    const sorted = [...mine].sort((a, b) => Number(b.event) - Number(a.event));
    const design = new Float64Array(sorted.length * width);
    for (const [i, each] of sorted.entries()) design.set(row(each), i * width);
    return { rows: sorted.length, events: sorted.filter(({ event }) => event).length, width, design };
  });
}

function withoutFirst({ rows, events, width, design }: Stratum): Stratum {
  return { rows, events, width: width - 1, design: design.filter((_, at) => at % width !== 0) };
}

type Fit =
  | { kind: "value"; beta: Float64Array; standardErrors: readonly number[]; logLikelihood: number }
  | (ConditionalLogit & { kind: "undefined" });

// A finite optimum is reached in fewer than ten steps; where there is none each step goes on by about 1.
const MOST_STEPS = 40;
// Share of its information at 0 below which a coefficient has run away.
const FLAT = 1e-8;

function newton(strata: readonly Stratum[], width: number): Fit {
  let beta = new Float64Array(width);
  let at = conditionalLikelihood(strata, beta);
  const start = at.information;
  const flat = ({ logLikelihood, information }: Likelihood): boolean =>
    !Number.isFinite(logLikelihood) ||
    beta.some((_, i) => !((information[i * (width + 1)] ?? 0) > FLAT * (start[i * (width + 1)] ?? 0)));
  for (let step = 0; step < MOST_STEPS; step++) {
    const factor = cholesky(at.information, width, 1e-10);
    if (factor === null)
      return step === 0
        ? without("attention does not vary within a problem, or follows from what is held fixed")
        : separated();
    const direction = solveWith(factor, width, at.gradient);
    let share = 1;
    let next = beta;
    let there = at;
    do {
      next = beta.map((each, i) => each + share * (direction[i] ?? 0));
      there = conditionalLikelihood(strata, next);
      share /= 2;
    } while (there.logLikelihood < at.logLikelihood - 1e-12 * Math.abs(at.logLikelihood) && share > 1e-6);
    beta = next;
    at = there;
    if (flat(at)) return separated();
    if (direction.every((each) => Math.abs(each) < 1e-10)) {
      const last = cholesky(at.information, width, 1e-10);
      if (last === null) return separated();
      const inverse = inverseWith(last, width);
      const standardErrors = Array.from(beta, (_, i) => Math.sqrt(inverse[i * width + i] ?? 0));
      return { kind: "value", beta, standardErrors, logLikelihood: at.logLikelihood };
    }
  }
  return separated();
}

function separated(): ConditionalLogit & { kind: "undefined" } {
  return without("the outcomes are separated: no finite odds ratio fits best", true);
}

function grouped<K>(rows: readonly LogitRow[], key: (row: LogitRow) => K): Map<K, LogitRow[]> {
  const groups = new Map<K, LogitRow[]>();
  for (const row of rows) {
    const group = groups.get(key(row));
    if (group === undefined) groups.set(key(row), [row]);
    else group.push(row);
  }
  return groups;
}

function deviation(values: readonly number[]): number {
  const mean = values.reduce((sum, each) => sum + each, 0) / values.length;
  const squares = values.reduce((sum, each) => sum + (each - mean) ** 2, 0);
  const sd = Math.sqrt(squares / (values.length - 1));
  return sd <= 1e-13 * Math.abs(mean) ? 0 : sd;
}
