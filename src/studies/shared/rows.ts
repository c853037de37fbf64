/** What the studies are summed up from: one problem under one condition, or what a baseline says. */

import type { Estimate } from "../../statistics/estimate.js";
import type { LayerLens } from "../lens/record.js";

/** One problem under one condition of a study. */
export interface StudyRow {
  readonly study: string;
  readonly condition: string;
  readonly factors: Readonly<Record<string, number | string>>;
  readonly problemId: string;
  readonly baselineCorrect: boolean;
  readonly correct: boolean;
  /** Change of the expected number's log-probability, nats; null where it was not measured. */
  readonly deltaLogProb: number | null;
  readonly kl: number | null;
  /** At the answer's first token; only where it was recorded. */
  readonly first?: FirstToken;
  /** By latent, relative change of its state after the last block; only where it was recorded. */
  readonly latentChange?: readonly (number | null)[];
  /** By block, share of the reader's attention in the baseline that is cut; likewise. */
  readonly cutAttention?: readonly number[];
}

/** What happens where the answer's first token is predicted. */
export interface FirstToken {
  /** KL from the baseline, nats. */
  readonly kl: number | null;
  /** Whether it is the baseline's own. */
  readonly isSame: boolean;
  /** Its text in the baseline, and its probability there. */
  readonly text: string;
  readonly probability: number;
}

/** What one problem's baseline says. */
export interface LensRow {
  /** Text of the head's first choice at BOT, then after each latent. */
  readonly said: readonly string[];
  /** Values of the solution's steps; null keeps the place of one whose value is unknown. */
  readonly steps: readonly (number | null)[];
  /** The expected number. */
  /** Null where the expected answer is no number. */
  readonly answer: number | null;
}

/** How often a position names a value. */
export interface LensCell {
  readonly position: string;
  /** `step 1` …, or `answer`. */
  readonly target: string;
  readonly hits: number;
  /** Problems that have such a step with a known value. */
  readonly n: number;
  readonly rate: Estimate;
  /** Share of hits on the labels of other problems; null with fewer than two. */
  readonly chance: number | null;
}

/** Positions by targets. */
export interface LensMap {
  readonly cells: readonly LensCell[];
  readonly problems: number;
}

/** One problem's reading, and the values of its steps, as in `LensRow`. */
export interface LayerLensRow {
  readonly steps: readonly (number | null)[];
  readonly lens: LayerLens;
}

/** A completed run's record, as far as every study knows it; what studies keep in it are further fields. */
export interface StudyRecord {
  readonly study: string;
  readonly status: string;
  readonly problem: {
    readonly id: string;
    readonly index: number;
    readonly question: string;
    readonly expected: number | string | boolean;
    readonly steps?: readonly (number | null)[] | undefined;
  };
  readonly condition: {
    readonly name: string;
    readonly interventions: readonly string[];
    readonly latents?: number | undefined;
    readonly factors?: Readonly<Record<string, number | string>> | undefined;
  };
  readonly [field: string]: unknown;
}

/** One of a record's further fields, checked when the record was read; undefined where it was not kept. */
export function fieldOf<T>(record: StudyRecord, field: string): T | undefined {
  return record[field] as T | undefined;
}
