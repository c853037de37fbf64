/** What studies find in rows and records made by hand. */

import { findingsOf, studySummary } from "../../src/analysis/findings.js";
import { wilson } from "../../src/statistics/proportion-interval.js";
import type { Finding, RunFacts } from "../../src/studies/finding.js";
import type { StudyRecord, StudyRow } from "../../src/studies/shared/rows.js";
import type { KnownStudy } from "./known-study.js";

/** Beside the rows. */
export interface MadeStudies {
  readonly seed?: number;
  readonly baselines?: readonly StudyRecord[];
  /** Studies that only read these. */
  readonly asked?: readonly string[];
}

/** A run of 12 right answers, for figures and captions. */
export const TWELVE_RIGHT: RunFacts = {
  protocol: "codi",
  testMode: false,
  seed: 1,
  baseline: { n: 12, correct: 12, rate: wilson(12, 12) },
};

/** The findings in the report's order. */
export function found(
  rows: readonly StudyRow[],
  { seed = 1, baselines = [], asked = [] }: MadeStudies = {},
): Finding[] {
  const data = { asked, studyRows: rows, studyRecords: [], baselines, stories: [], file: () => null, latents: 6, seed };
  return findingsOf(data, { ...TWELVE_RIGHT, seed });
}

/** The same as they stand in `summary.json`. */
export function foundStudies(rows: readonly StudyRow[], made: MadeStudies = {}): KnownStudy[] {
  return found(rows, made).map((finding) => studySummary(finding) as KnownStudy);
}
