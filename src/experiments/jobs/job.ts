/** A batch as data: all that a worker needs beside the model, be it this process, a child or another machine. */

import { hashOf } from "../../records/fingerprint.js";
import type { StudyCondition } from "../../studies/study.js";
import type { Numbered } from "../problems/problem.js";
import type { Drafts } from "./drafts.js";
import type { RunSettings } from "./run-options.js";

/** What is computed together and kept together. JSON: a worker that reads it back computes the same records. */
export interface Job {
  /** SHA-256 of all else. */
  readonly key: string;
  /** In the run's order. */
  readonly problems: readonly JobProblem[];
  /** The baseline first. */
  readonly conditions: readonly JobCondition[];
  /** How many latents the conditions run with; the baseline always runs with the checkpoint's own number. */
  readonly latents: number;
  /** Studies that read something of the baseline; none where its record comes of another job. */
  readonly reads: readonly string[];
  readonly settings: RunSettings;
}

/** One problem of a job. */
export interface JobProblem extends Numbered {
  /** Keys of its records, condition by condition; null for one that is run and not kept: the baseline that the others are compared with. */
  readonly keys: readonly (string | null)[];
  /** What studies that run a condition of the job themselves need of the data file. */
  readonly drafts?: Drafts;
}

/** One condition of a job: what a study wrote down, without its code. */
export interface JobCondition extends Omit<StudyCondition, "forQuestion"> {
  /** The question has nothing that the condition could act on: its result is the baseline's. */
  readonly isIdle?: true;
  /** It stands in the job for its shape only. */
  readonly isMuted?: true;
}

/** A job with its key. */
export function withKey(job: Omit<Job, "key">): Job {
  return { key: hashOf(job), ...job };
}

/** Whether the baselines' own records come of this job, with all that is read of them. */
export function keepsBaseline({ problems }: Pick<Job, "problems">): boolean {
  return problems.some(({ keys }) => keys[0] !== null);
}
