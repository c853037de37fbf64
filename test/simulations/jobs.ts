/** What the simulation measures, cut into jobs that can run beside each other. */

import { correlationCoverage, meanCoverage } from "./coverage.js";
import {
  mcnemarSize,
  newcombeCoverage,
  pairedCoverage,
  regressionSize,
  signFlipSize,
  wilsonCoverage,
} from "./proportions.js";
import { measureFamily, measureSize, TESTS, type TestName } from "./size.js";
import { DESIGNS, type Design } from "./studies.js";

/** One measured share. `sets` is null where it was computed exactly. */
export interface Measured {
  readonly kind: "size" | "coverage";
  readonly what: string;
  readonly data: string;
  readonly problems: number;
  readonly share: number;
  readonly sets: number | null;
}

/** What a job gives back. */
export interface JobResult {
  readonly measured: readonly Measured[];
  /** p-values for the figure, from one job only. */
  readonly ps: Readonly<Record<string, readonly number[]>>;
}

/** A job; `sets` data sets for sizes, half as many for intervals of r. */
export type Job = (run: { readonly sets: number; readonly seed: number }) => JobResult;

const ALL = Object.keys(TESTS) as TestName[];

const sizes =
  (design: Design, problems: number, figure = false): Job =>
  (run) => {
    const results = measureSize(design, problems, { ...run, tests: ALL });
    return {
      measured: results.map(({ test, rejected, defined }) => ({
        kind: "size",
        what: test,
        data: design.name,
        problems,
        share: defined === 0 ? 0 : rejected / defined,
        sets: defined,
      })),
      ps: figure ? Object.fromEntries(results.map(({ test, ps }) => [test, ps])) : {},
    };
  };

const coverages =
  (design: Design, problems: number): Job =>
  ({ sets, seed }) => {
    const half = Math.ceil(sets / 2);
    const centrings = ["within-position", "within-problem", "two-way"] as const;
    const results = correlationCoverage(design, problems, { sets: half, seed, centrings });
    return {
      measured: results.flatMap(({ what, truth, given, percentile, defined }) => {
        const data = `${design.name}, true r ${(Math.round(100 * truth) / 100 || 0).toFixed(2)}`;
        const row = (name: string, covered: number): Measured => ({
          kind: "coverage",
          what: `${what} r, ${name}`,
          data,
          problems,
          share: defined === 0 ? 0 : covered / defined,
          sets: defined,
        });
        return [row("as given", given), row("percentile bootstrap", percentile)];
      }),
      ps: {},
    };
  };

const family: Job = (run) => {
  const { plain, holm, sets } = measureFamily(DESIGNS.original, 100, { ...run, layers: 3 });
  const row = (what: string, found: number): Measured => ({
    kind: "size",
    what,
    data: "original, 3 layers",
    problems: 100,
    share: found / sets,
    sets,
  });
  return {
    measured: [
      row("any layer, whole problems exchanged, uncorrected", plain),
      row("any layer, the same after Holm", holm),
    ],
    ps: {},
  };
};

const rest: Job = ({ sets, seed }) => {
  const exact = (kind: Measured["kind"], what: string, data: string, share: number, problems = 100): Measured => ({
    kind,
    what,
    data,
    problems,
    share,
    sets: null,
  });
  const means = [
    { data: "normal differences", draw: (normal: number) => normal, truth: 0 },
    { data: "log-normal differences", draw: (normal: number) => -Math.exp(normal), truth: -Math.exp(0.5) },
  ].flatMap(({ data, draw, truth }) => {
    const result = meanCoverage((random) => draw(random.normal()), { truth, problems: 100, sets, seed });
    return (["percentile", "bca"] as const).map(
      (method): Measured => ({
        kind: "coverage",
        what: `mean, ${method === "bca" ? "BCa" : method} bootstrap`,
        data,
        problems: 100,
        share: result[method] / sets,
        sets,
      }),
    );
  });
  return {
    measured: [
      ...[0.02, 0.1, 0.3].map((p) => exact("coverage", "Wilson's interval", `rate ${p}`, wilsonCoverage(100, p))),
      ...[
        [0.1, 0.1],
        [0.3, 0.1],
        [0.05, 0.02],
      ].map(([a = 0, b = 0]) =>
        exact("coverage", "Newcombe, two groups", `rates ${a} and ${b}`, newcombeCoverage(100, a, b)),
      ),
      exact("coverage", "Newcombe, paired", "all right first, 10 % break", pairedCoverage(100, 1, 0.1, 0)),
      exact(
        "coverage",
        "Newcombe, paired",
        "70 % right first, 10 % break, 10 % mended",
        pairedCoverage(100, 0.7, 0.1, 0.1),
      ),
      ...[0.05, 0.1, 0.3].flatMap((changed) =>
        (["exact", "mid-p"] as const).map((form) =>
          exact("size", `McNemar, ${form}`, `${Math.round(100 * changed)} % change`, mcnemarSize(100, changed, form)),
        ),
      ),
      ...means,
      ...[30, 100].map(
        (problems): Measured => ({
          kind: "size",
          what: "sign flips of whole problems",
          data: "heavy-tailed differences",
          problems,
          share: signFlipSize(problems, { sets: 10 * sets, seed }) / (10 * sets),
          sets: 10 * sets,
        }),
      ),
      ...[30, 100].map(
        (problems): Measured => ({
          kind: "size",
          what: "regression with cluster-robust errors",
          data: "problem effects in both variables",
          problems,
          share: regressionSize(problems, { sets: Math.ceil(sets / 2), seed }) / Math.ceil(sets / 2),
          sets: Math.ceil(sets / 2),
        }),
      ),
    ],
    ps: {},
  };
};

/** Long ones first. */
export const JOBS: readonly Job[] = [
  coverages(DESIGNS.original, 100),
  coverages(DESIGNS.embedded, 100),
  coverages(DESIGNS.effect, 100),
  coverages(DESIGNS.flat, 100),
  coverages(DESIGNS.rare, 100),
  sizes(DESIGNS.original, 100, true),
  sizes(DESIGNS.embedded, 100),
  sizes(DESIGNS.flat, 100),
  sizes(DESIGNS.rare, 100),
  sizes(DESIGNS.original, 30),
  sizes(DESIGNS.flat, 30),
  family,
  rest,
];
