/** Computes a job; where a value written in it is not finite, what is at fault fails by itself and the rest is computed. */

import { NumericError } from "../../base/errors.js";
import { type ComputeContext, compute } from "../../experiments/jobs/compute.js";
import type { Job, JobProblem } from "../../experiments/jobs/job.js";
import { failedRecord } from "../../experiments/jobs/make-record.js";
import { narrowed } from "../../experiments/jobs/narrow.js";
import { subjectOf } from "../../experiments/jobs/subject.js";
import type { CodiModel } from "../../model/latent/codi-model.js";
import type { ExperimentRecord } from "../../records/record.js";

/** What a job is computed with. */
interface Worker {
  readonly model: CodiModel;
  readonly context: ComputeContext;
}

/** @returns the job's records; of a run that could not go on because of such a value, a failed one. */
export async function computeTried(job: Job, worker: Worker): Promise<ExperimentRecord[]> {
  try {
    return await compute(worker.model, job, worker.context);
  } catch (error) {
    if (!(error instanceof NumericError)) throw error;
    return inPieces(job, { worker, error });
  }
}

/** A callback that gives such a value ends the whole run it is in, so the job is halved until it is alone with its baseline. */
async function inPieces(
  job: Job,
  { worker, error }: { readonly worker: Worker; readonly error: NumericError },
): Promise<ExperimentRecord[]> {
  const { problems, conditions } = job;
  const columns = [...conditions.keys()].slice(1);
  const [only] = problems;
  if (problems.length > 1) {
    const pieces = halves(problems).map((some) => narrowed(job, some, [0, ...columns]));
    return computeEach(pieces, worker);
  }
  if (columns.length > 1)
    return computeEach(
      halves(columns).map((some) => narrowed(job, problems, [0, ...some])),
      worker,
    );
  if (only === undefined) return [];
  const failed = columns.flatMap((column) => failedOf(job, only, { column, error }));
  if (columns.length === 0) return failedOf(job, only, { column: 0, error });
  return [...(await computeTried(narrowed(job, problems, [0]), worker)), ...failed];
}

async function computeEach(jobs: readonly Job[], worker: Worker): Promise<ExperimentRecord[]> {
  const found = new Map<string, ExperimentRecord>();
  // A baseline stands in each of the pieces, and its first record counts.
  for (const job of jobs)
    for (const record of await computeTried(job, worker)) if (!found.has(record.key)) found.set(record.key, record);
  return [...found.values()];
}

function failedOf(
  job: Job,
  problem: JobProblem,
  { column, error }: { readonly column: number; readonly error: NumericError },
): ExperimentRecord[] {
  const subject = subjectOf(job, problem, column);
  return subject === null ? [] : [failedRecord(subject, { name: error.name, message: error.message })];
}

function halves<T>(values: readonly T[]): (readonly T[])[] {
  const middle = Math.ceil(values.length / 2);
  return [values.slice(0, middle), values.slice(middle)];
}
