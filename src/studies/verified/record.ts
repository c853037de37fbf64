/** What the study keeps in the baseline's record, below `kept`. */

import { fieldOf, type StudyRecord } from "../shared/rows.js";
import { story } from "./story.js";

/** A number among the head's first choices at a position, and its rank there: 1 is the first choice. */
export type NamedNumber = readonly [value: number, rank: number];

/** Of one baseline. */
export interface NamedNumbers {
  /** `bot`, `latent.0` …, as far as the protocol has them. */
  readonly positions: readonly string[];
  /** A list a position, best first: tokens that are a whole number. */
  readonly numbers: readonly (readonly NamedNumber[])[];
  /** How many of the head's first choices were looked at. */
  readonly choices: number;
  /** The solution's marked steps as they stand: `48/2=24`. */
  readonly solution: readonly string[];
  /** Values of these steps that are no single token, so that no position can name them. */
  readonly unsaid: readonly number[];
}

/** @returns undefined where the study was not run. */
export function namedNumbersOf(record: StudyRecord): NamedNumbers | undefined {
  const kept = fieldOf<Readonly<Record<string, unknown>>>(record, "kept");
  return kept?.[story.name] as NamedNumbers | undefined;
}
