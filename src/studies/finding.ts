/** The analysis side of a study: what it is given, what it finds, and how each of its conditions did. */

import type { Exhibit } from "../exhibits/exhibit.js";
import type { FigureRun } from "../exhibits/figure.js";
import type { Headline } from "../exhibits/headline.js";
import { show } from "../exhibits/number-text.js";
import type { Estimate, PValue, Rate } from "../statistics/estimate.js";
import type { RatioPart } from "../statistics/paired-runs.js";
import type { StudyRecord, StudyRow } from "./shared/rows.js";
import type { StudyStory } from "./story.js";

/** What figures and captions say of the run. */
export interface ShownRun extends FigureRun {
  /** Answers without intervention. */
  readonly baseline: { readonly n: number; readonly correct: number; readonly rate: Estimate };
}

/** What every study knows of the run that it is part of. */
export interface RunFacts extends ShownRun {
  /** Of bootstrap and permutations. */
  readonly seed: number;
}

/** What a finding is made from: one run, as far as it concerns one study. */
export interface FindingInput {
  readonly story: StudyStory;
  /** One problem under one of the study's conditions, in the order in which the conditions were planned. */
  readonly rows: readonly StudyRow[];
  /** The study's own records, completed ones only, with every field that it keeps in them. */
  readonly records: readonly StudyRecord[];
  /** All latents taken away at once, where the run has that: what the study's own conditions are read beside. */
  readonly allLatents?: readonly StudyCondition[];
  /** Every problem's run without intervention, in the order of the records; what a study reads of it is among its fields. */
  readonly baselines: readonly StudyRecord[];
  readonly run: RunFacts;
  /** A file that the study's run side wrote into the run's folder; null where there is none. */
  readonly file: (name: string) => RunFile | null;
}

/** A file of a run's folder. */
export interface RunFile {
  readonly path: string;
  readonly text: string;
}

/** What a study found: in words, as numbers, and as what is drawn. */
export interface Finding {
  readonly name: string;
  readonly question: string;
  /** The answer in words, with interval and n. */
  readonly sentence: string;
  /** The same in one short sentence with the numbers that it rests on; missing or null where there is nothing to say. */
  readonly headline?: Headline | null;
  /** What each problem adds to a number of the headline, by the row's key: another run's is compared with it. Null where it is unknown. */
  readonly units?: (key: string) => readonly ProblemUnit[] | null;
  /** What the numbers cannot show; null where the study does not say. */
  readonly caveat: string | null;
  /** Which of its numbers are tested, and by which test, in one sentence. */
  readonly tested: string;
  /** What was done, as plain text with references: `logit lens [@nostalgebraist2020]`; empty where the conditions say it all. */
  readonly method: string;
  /** Its fields in `summary.json`, between question and sentence. */
  readonly data: FindingData;
  /** In the order in which they are shown. */
  readonly exhibits: readonly Exhibit[];
  /** Conditions that the run's problems could not have, and why; where there are any. */
  readonly leftOut?: LeftOut;
}

/** One problem's part of a ratio of sums. */
export interface ProblemUnit extends RatioPart {
  readonly problemId: string;
}

/** A study's numbers. */
export interface FindingData {
  /** Empty for a study that only reads. */
  readonly conditions: readonly StudyCondition[];
  readonly [field: string]: unknown;
}

/** Conditions that were not run. */
export interface LeftOut {
  readonly conditions: readonly string[];
  readonly reason: string;
}

/** The analysis side of a study. @returns null where the run holds nothing of it. */
export type FindingMaker = (input: FindingInput) => Finding | null;

/** A study as it stands in `summary.json`. */
export interface StudySummary extends FindingData {
  readonly name: string;
  readonly question: string;
  readonly sentence: string;
  /** Not where there is nothing to say. */
  readonly headline?: string;
  readonly caveat: string | null;
  readonly leftOut?: LeftOut;
}

/** One condition over all problems. */
export interface StudyCondition {
  readonly condition: string;
  readonly factors: StudyRow["factors"];
  readonly right: Rate;
  /** Baseline right → wrong, of the baseline-right problems. */
  readonly broken: Rate;
  /** Share right less the baseline's share, with Newcombe's paired interval. */
  readonly riskDifference: Estimate;
  readonly mcnemar: PValue;
  /** Shown beside the effects (a factor `control`): not tested with them. */
  readonly isControl: boolean;
  /** Over the conditions of the study that are no controls; those where no answer changed could not have been found and do not count (Tarone 1990). */
  readonly mcnemarHolm: PValue;
  readonly deltaLogProb: Estimate;
  readonly kl: Estimate;
}

/** A control in all but name: as large a change, to no purpose. */
export function isRandomDirection({ factors }: Pick<StudyCondition, "factors">): boolean {
  return /^random direction/.test(String(factors["kind"] ?? ""));
}

/**
 * A study's fields in `summary.json`; those that every study has had from the first version on come first, empty by default.
 * @example
 * ```ts
 * findingData({ conditions: [] }).figure; // → null
 * ```
 */
export function findingData(own: Partial<FindingData>): FindingData {
  return { conditions: [], figure: null, shares: null, lens: null, ...own };
}

/**
 * `n = 100 problems, 90 with a right baseline (0.90 [0.83, 0.95])`: how a caption begins.
 * @example
 * ```ts
 * basisOf({ baseline: { n: 10, correct: 9, rate: wilson(9, 10) } }); // → n = 10 problems, 9 with a right baseline (0.90 [0.60, 0.98])
 * ```
 */
export function basisOf({ baseline: { n, correct, rate } }: Pick<ShownRun, "baseline">): string {
  return `n = ${n} problems, ${correct} with a right baseline (${show(rate)})`;
}
