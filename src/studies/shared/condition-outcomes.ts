/** What one condition did to the answers of its problems: counted once, for the main study and all others. */

import type { Estimate, PValue, Rate } from "../../statistics/estimate.js";
import { mcnemarOddsRatio } from "../../statistics/mcnemar.js";
import { meanEstimate } from "../../statistics/mean-estimate.js";
import { compareOutcomes } from "../../statistics/paired-runs.js";
import { rateOf } from "../../statistics/proportion-interval.js";

/** One problem under one condition. */
export interface OutcomeRow {
  readonly baselineCorrect: boolean;
  readonly correct: boolean;
  /** Change of the expected number's log-probability, nats; null where it was not measured. */
  readonly deltaLogProb: number | null;
  readonly kl: number | null;
}

/** What is said of one condition. */
export interface ConditionOutcomes {
  readonly right: Rate;
  /** Baseline right → wrong, of the baseline-right problems. */
  readonly broken: Rate;
  /** Baseline wrong → right, of the baseline-wrong problems. */
  readonly mended: Rate;
  /** Share right less the baseline's share, over all problems, with Newcombe's paired interval. */
  readonly riskDifference: Estimate;
  /** Broken over mended, with the exact conditional interval. */
  readonly oddsRatio: Estimate;
  /** Cohen's h of the two shares; null without problems. */
  readonly cohenH: number | null;
  /** Exact. */
  readonly mcnemar: PValue;
  readonly deltaLogProb: Estimate;
  readonly kl: Estimate;
}

/** @param rows one a problem. @param seed of the means' bootstrap. */
export function conditionOutcomes(rows: readonly OutcomeRow[], seed: number): ConditionOutcomes {
  const { counts, difference, cohenH, mcnemar } = compareOutcomes(
    rows.map((row) => ({ first: row.correct, second: row.baselineCorrect })),
  );
  const [broken, mended] = [counts.secondOnly, counts.firstOnly];
  const before = counts.both + broken;
  return {
    right: rateOf(counts.both + mended, rows.length),
    broken: rateOf(broken, before),
    mended: rateOf(mended, rows.length - before),
    riskDifference: difference,
    oddsRatio: mcnemarOddsRatio(broken, mended),
    cohenH,
    mcnemar,
    deltaLogProb: meanEstimate(
      rows.flatMap(({ deltaLogProb }) => deltaLogProb ?? []),
      seed,
    ),
    kl: meanEstimate(
      rows.flatMap(({ kl }) => kl ?? []),
      seed,
    ),
  };
}
