/** Scores as a run hands them out: what has no value says why. */

import type { NumericError } from "../../../base/errors.js";
import type { Score } from "./scorer.js";

/** No value, and why. */
export interface Undefined {
  readonly kind: "undefined";
  readonly reason: string;
}

/** A number, or why there is none. */
export type Measured = number | Undefined;

/** Scores of one row. */
export interface RowScores {
  readonly kind: "scores";
  /** Teacher-forced log-probability of the expected answer's tokens, summed, natural logarithm. */
  readonly expectedLogProb: Measured;
  /** KL(clean || this row) in nats where the first token of the expected answer is predicted. */
  readonly klAtNumber: Measured;
  /** The same where the answer's first token is predicted, after EOT. */
  readonly klAtFirst: Measured;
  /** Logit of a contrast's last token less that of the token it is compared with. */
  readonly logitDifference: Measured;
}

/** Scores, or why nothing was scored. */
export type RunScore = RowScores | (Undefined & { readonly [Name in keyof Omit<RowScores, "kind">]?: undefined });

/** What a row was scored with. */
export interface ScoreContext {
  readonly expected: boolean;
  readonly contrasts: boolean;
  readonly atFirst: boolean;
  readonly failure: NumericError | null;
  /** Failure of the run without interventions and hooks that it is compared with. */
  readonly cleanFailure: NumericError | null;
}

/** @param score null where nothing was computed. */
export function runScoreOf(score: Score | null, context: ScoreContext): RunScore {
  const { expected, contrasts, atFirst, failure, cleanFailure } = context;
  if (!expected && !contrasts) return none("neither expected answers nor contrasts were given");
  if (failure !== null) return none("the run's numbers were not finite");
  if (cleanFailure !== null) return none("the numbers of the run without interventions were not finite");
  if (score === null) return none("the run without interventions gave no answer to score after");
  const { expectedLogProb, klAtNumber, klAtFirst, logitDifference } = score;
  const said = (value: number | null, why = "it is not finite"): Measured =>
    value ?? { kind: "undefined", reason: why };
  return {
    kind: "scores",
    expectedLogProb: said(expectedLogProb),
    klAtNumber: said(klAtNumber),
    klAtFirst: said(klAtFirst, atFirst ? undefined : "scoreFirstToken was not asked for"),
    logitDifference: said(logitDifference, contrasts ? undefined : "no contrasts were given"),
  };
}

function none(reason: string): RunScore {
  return { kind: "undefined", reason };
}

/** The number, or null where there is none: records keep it so. */
export function numberOrNull(value: Measured | undefined): number | null {
  return typeof value === "number" ? value : null;
}
