/** What a record of a job is of. */

import type { ExperimentRecord } from "../../records/record.js";
import type { Job, JobProblem } from "./job.js";
import { failedRecord, type RecordSubject } from "./make-record.js";

/** @param column place of the condition in the job. @returns null for what is not kept. */
export function subjectOf(
  { conditions, settings }: Pick<Job, "conditions" | "settings">,
  { keys, problem, index }: JobProblem,
  column: number,
): RecordSubject | null {
  const [key, condition] = [keys[column] ?? null, conditions[column]];
  if (key === null || condition === undefined) return null;
  const { protocol, engine } = settings;
  return { key, protocol, engine, problem, index, condition };
}

/** The record of an item whose worker did not survive it; nothing for what is not kept. */
export function diedRecord(
  job: Job,
  item: JobProblem,
  { column, cause }: { readonly column: number; readonly cause: string },
): ExperimentRecord[] {
  const subject = subjectOf(job, item, column);
  return subject === null ? [] : [failedRecord(subject, { name: PROCESS_DIED, message: cause })];
}

/** Name of the error of such an item. */
export const PROCESS_DIED = "ProcessDied";
