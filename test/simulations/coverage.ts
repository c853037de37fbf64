/** How often a 95 % interval holds the true value. */

import { clusteredBootstrap, ofMean } from "../../src/statistics/clustered-bootstrap.js";
import {
  type Centring,
  clusteredCorrelation,
  correlationStatistic,
} from "../../src/statistics/clustered-correlation.js";
import { correlationInterval } from "../../src/statistics/correlation-interval.js";
import { type RandomSource, randomSource } from "../../src/statistics/random-source.js";
import { type Design, simulateStudy } from "./studies.js";

/** Covered, of the data sets that have an interval. */
export interface Coverage {
  readonly what: string;
  readonly truth: number;
  readonly given: number;
  readonly percentile: number;
  readonly defined: number;
}

const LARGE = 60_000;

/** Coverage of r's interval as the analysis gives it, beside the percentile interval; the truth is r of a study of 60,000 problems. */
export function correlationCoverage(
  design: Design,
  problems: number,
  { sets, seed, centrings }: { readonly sets: number; readonly seed: number; readonly centrings: readonly Centring[] },
): Coverage[] {
  const random = randomSource(seed);
  const [large] = simulateStudy(design, LARGE, random);
  if (large === undefined) return [];
  const all = new Uint16Array(LARGE).fill(1);
  const counted = centrings.map((what) => ({
    what,
    truth: correlationStatistic(large, what).of(all) ?? 0,
    given: 0,
    percentile: 0,
    defined: 0,
  }));
  const options = { draws: 499, permutations: 399 };
  for (let set = 0; set < sets; set++) {
    const [rows] = simulateStudy(design, problems, random);
    if (rows === undefined) continue;
    for (const each of counted) {
      const given = correlationInterval(rows, each.what, { seed: set, ...options });
      const percentile = clusteredCorrelation(rows, each.what, {
        seed: set,
        draws: options.draws,
        method: "percentile",
      });
      if (given.kind === "undefined") continue;
      each.defined++;
      if (holds(each.truth, given.low ?? 0, given.high ?? 0)) each.given++;
      if (percentile.kind === "value" && holds(each.truth, percentile.low, percentile.high)) each.percentile++;
    }
  }
  return counted;
}

/** Coverage of a mean's interval, percentile and BCa, out of the same draws. */
export function meanCoverage(
  draw: (random: RandomSource) => number,
  {
    truth,
    problems,
    sets,
    seed,
  }: { readonly truth: number; readonly problems: number; readonly sets: number; readonly seed: number },
): { readonly percentile: number; readonly bca: number; readonly sets: number } {
  const random = randomSource(seed);
  let [percentile, bca] = [0, 0];
  for (let set = 0; set < sets; set++) {
    const statistic = ofMean(Float64Array.from({ length: problems }, () => draw(random)));
    const options = { seed: set, draws: 499 };
    const [plain, adjusted] = (["percentile", "bca"] as const).map((method) =>
      clusteredBootstrap(problems, statistic, { ...options, method }),
    );
    if (plain?.kind === "value" && holds(truth, plain.low, plain.high)) percentile++;
    if (adjusted?.kind === "value" && holds(truth, adjusted.low, adjusted.high)) bca++;
  }
  return { percentile, bca, sets };
}

function holds(truth: number, low: number, high: number): boolean {
  return low <= truth && truth <= high;
}
