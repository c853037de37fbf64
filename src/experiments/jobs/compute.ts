/** The whole of a worker: a job becomes records. */

import type { CodiModel } from "../../model/latent/codi-model.js";
import type { ExperimentRecord } from "../../records/record.js";
import type { Kept } from "../../studies/fields.js";
import type { Study } from "../../studies/study.js";
import { resultsOf } from "./batch-results.js";
import { type Job, type JobCondition, keepsBaseline } from "./job.js";
import { computedRecord, makeRecord } from "./make-record.js";
import { computeApart, factsOf, readBaselines } from "./read-runs.js";
import { type RunContext, studiesOfRun } from "./run-options.js";
import { subjectOf } from "./subject.js";

/** What a worker has beside the model. */
export interface ComputeContext extends Omit<RunContext, "depth"> {
  /** Shows what is left out. */
  readonly notice: (text: string) => void;
}

/** `[problem]`: the records of conditions. */
type Records = readonly ReadonlyMap<JobCondition, ExperimentRecord>[];

/** @returns the records that the job keeps, problem by problem, in the order of its conditions. */
export async function compute(model: CodiModel, given: Job, context: ComputeContext): Promise<ExperimentRecord[]> {
  const job = { ...given, settings: remembered(model, given.settings) };
  const studies = studiesOfRun(job.settings, context.outside);
  const isApart = ({ study }: JobCondition): boolean =>
    studies.find(({ name }) => name === study)?.compute !== undefined;
  const parts = { model, job, studies, context };
  const plain = await plainRecords(
    parts,
    job.conditions.filter((each) => !isApart(each)),
  );
  const apart = await apartRecords(
    parts,
    job.conditions.filter((each) => isApart(each) && each.isMuted !== true),
  );
  return job.problems.flatMap((_, place) =>
    job.conditions.flatMap((each) => plain[place]?.get(each) ?? apart[place]?.get(each) ?? []),
  );
}

interface Parts {
  readonly model: CodiModel;
  readonly job: Job;
  readonly studies: readonly Study[];
  readonly context: ComputeContext;
}

/** Conditions that are rows of one batch. */
async function plainRecords(parts: Parts, conditions: readonly JobCondition[]): Promise<Records> {
  const { model, job, studies, context } = parts;
  const isKept = keepsBaseline(job);
  if (!isKept && conditions.length <= 1) return [];
  const { heads } = model.config;
  const results = await resultsOf(model, { ...job, conditions }, context);
  const baselines = job.problems.map((item, place) => ({ ...item, result: results[place]?.[0] }));
  const readers = studies.filter(({ name }) => job.reads.includes(name));
  const read = isKept ? await readBaselines(readers, baselines, { model, facts: factsOf(job.settings, context) }) : [];
  return job.problems.map((item, place) => {
    const records = new Map<JobCondition, ExperimentRecord>();
    for (const [column, condition] of conditions.entries()) {
      const subject = subjectOf(job, item, job.conditions.indexOf(condition));
      const [result, baseline] = [results[place]?.[column], baselines[place]?.result];
      if (subject === null || result === undefined || baseline === undefined) continue;
      const { problem } = item;
      const { interventions } = condition;
      const measured = (): Kept | undefined =>
        result.failure !== null || baseline.failure !== null
          ? undefined
          : studies
              .find(({ name }) => name === condition.study)
              ?.measure?.({ problem, condition, interventions, result, baseline, heads });
      const kept = (column === 0 ? read[place] : measured()) ?? {};
      records.set(condition, makeRecord(subject, { result, baseline, kept }));
    }
    return records;
  });
}

/** Conditions that their studies run themselves. */
async function apartRecords(
  { model, job, studies, context }: Parts,
  conditions: readonly JobCondition[],
): Promise<Records> {
  if (conditions.length === 0) return [];
  const { problems, settings } = job;
  const found = await computeApart(studies, { model, problems, conditions, facts: factsOf(settings, context) });
  return problems.map((item, place) => {
    const records = new Map<JobCondition, ExperimentRecord>();
    for (const condition of conditions) {
      const subject = subjectOf(job, item, job.conditions.indexOf(condition));
      const computed = found[place]?.get(condition);
      if (subject !== null && computed !== undefined) records.set(condition, computedRecord(subject, computed));
    }
    return records;
  });
}

const last = new WeakMap<CodiModel, Job["settings"]>();

/** The settings that were the same before: the model remembers the runs of their reference by the very array. */
function remembered(model: CodiModel, settings: Job["settings"]): Job["settings"] {
  const before = last.get(model);
  if (before !== undefined && JSON.stringify(before) === JSON.stringify(settings)) return before;
  last.set(model, settings);
  return settings;
}
