/** A run as jobs: planned once, by the coordinator, from the tokenizer alone. */

import { recordEngine } from "../../records/engine-text.js";
import { hashOf } from "../../records/fingerprint.js";
import type { Study, StudyCondition } from "../../studies/study.js";
import { inBatches, layoutOf, referenceOf } from "../plan/layout.js";
import type { Setup } from "../plan/setup.js";
import type { Numbered, Problem } from "../problems/problem.js";
import { draftsOf } from "./drafts.js";
import type { BatchCost, Layout } from "./estimate.js";
import { type Job, type JobCondition, withKey } from "./job.js";
import { type Part, partsOf } from "./parts.js";
import { type RunSettings, studiesOfRun } from "./run-options.js";
import { readingCosts, type WorkingStudies } from "./study-work.js";

/** A part of a batch with its problems themselves. */
export interface RunPart extends Omit<Part, "problems"> {
  readonly problems: readonly Numbered[];
}

/** A job and what it takes. */
export interface PlannedJob {
  readonly job: Job;
  readonly costs: readonly BatchCost[];
}

/** What is run: problems in their order, and conditions with the baseline first. */
export interface RunItems {
  readonly problems: readonly Problem[];
  readonly conditions: readonly StudyCondition[];
  /** Studies that compute something of their own; default: none. */
  readonly working?: WorkingStudies;
}

/** The parts of all batches, in the order in which they run. */
export function* partsOfRun({ problems, conditions, working }: RunItems, layout: Layout): Generator<RunPart> {
  const numbered = problems.map((problem, index) => ({ problem, index }));
  for (const batch of inBatches(numbered, layout.batchProblems)) {
    const questions = batch.map(({ problem }) => problem.question);
    const place = { first: batch[0]?.index ?? 0, problems: problems.length };
    const reading = (at: number): BatchCost[] => {
      const numbered = batch[at];
      if (working === undefined || numbered === undefined) return [];
      return readingCosts(working, { index: numbered.index, question: numbered.problem.question }, layout);
    };
    for (const part of partsOf(questions, conditions, { layout, place, reading }))
      yield { ...part, problems: part.problems.flatMap((place) => batch[place] ?? []) };
  }
}

/** What is run of an experiment. */
export function itemsOf(setup: Setup): RunItems & { readonly working: WorkingStudies } {
  const { data, model, studies, fingerprint, options } = setup;
  const { problems } = data.sample;
  return {
    problems,
    conditions: studies.conditions,
    working: {
      studies: studiesOfRun(
        fingerprint,
        studies.outside.map(({ study }) => study),
      ),
      protocol: model.protocol,
      problems: problems.length,
      ...(options.wholeSample === true ? { wholeSample: true } : {}),
    },
  };
}

/** Keys of the run's records, `[problem][condition]`. */
export function recordKeys({ data, model, studies, fingerprint }: Setup): string[][] {
  const { problems: _, ...settings } = fingerprint;
  return data.sample.problems.map((problem) =>
    studies.conditions.map((condition) => hashOf({ ...settings, protocol: model.protocol, condition, problem })),
  );
}

/** All that jobs are made from. */
export interface JobPlan extends RunItems {
  /** Every problem of the data: what some studies draft from. */
  readonly pool: readonly Problem[];
  /** Studies from outside the package. */
  readonly outside: readonly Study[];
  readonly layout: Layout;
  readonly settings: RunSettings;
}

/** Which parts jobs are made of. */
interface SomeParts {
  /** Default: all. */
  readonly parts?: Iterable<RunPart>;
}

/** The run's jobs, each made when its turn comes. @param keys of all records. */
export function jobsOf(
  setup: Setup,
  keys: readonly (readonly string[])[],
  some: SomeParts = {},
): Generator<PlannedJob> {
  const plan = {
    ...itemsOf(setup),
    pool: setup.data.set.problems,
    outside: setup.studies.outside.map(({ study }) => study),
    layout: layoutOf(setup),
    settings: settingsOf(setup),
  };
  return plannedJobs(plan, keys, some);
}

/** The jobs of anything that is planned as a run is. @param keys of all records, `[problem][condition]`. */
export function* plannedJobs(
  plan: JobPlan,
  keys: readonly (readonly string[])[],
  { parts }: SomeParts = {},
): Generator<PlannedJob> {
  const { layout, settings, pool } = plan;
  const studies = studiesOfRun(settings, plan.outside);
  const run = {
    ...{ plan, keys },
    readers: studies.flatMap(({ name, read }) => (read === undefined ? [] : [name])),
    draft: draftsOf(studies, pool, { seed: settings.seed, promptOf: layout.promptOf }),
  };
  for (const part of parts ?? partsOfRun(plan, layout)) yield { job: jobOf(part, run), costs: part.costs };
}

interface Run {
  readonly plan: JobPlan;
  readonly keys: readonly (readonly string[])[];
  /** Studies that read baselines. */
  readonly readers: readonly string[];
  readonly draft: ReturnType<typeof draftsOf>;
}

function jobOf({ problems, conditions: kept }: RunPart, { plan, keys, readers, draft }: Run): Job {
  const { layout, settings } = plan;
  const keepsBaseline = kept.includes(0);
  const places = keepsBaseline ? kept : [0, ...kept];
  const conditions = places.flatMap((place) => {
    const condition = plan.conditions[place];
    return condition === undefined ? [] : asData(condition, problems, layout.tokensOf);
  });
  const reads = keepsBaseline ? readers : [];
  return withKey({
    problems: problems.map(({ problem, index }) => {
      const drafts = draft(problem, { conditions, readers: reads });
      return {
        problem,
        index,
        keys: places.map((place) => (kept.includes(place) ? (keys[index]?.[place] ?? null) : null)),
        ...(Object.keys(drafts).length === 0 ? {} : { drafts }),
      };
    }),
    conditions,
    latents: conditions.find(({ latents }) => latents !== undefined)?.latents ?? layout.numLatents,
    reads,
    settings,
  });
}

/**
 * A condition without its code: what depends on the question is what it comes to there.
 *
 * @param problems of the job: one alone where the condition depends on the question.
 * @param tokensOf texts of the question's positions.
 */
export function asData(
  { forQuestion, ...condition }: StudyCondition,
  problems: readonly Numbered[],
  tokensOf: Layout["tokensOf"],
): JobCondition {
  if (forQuestion === undefined) return condition;
  const [only, ...others] = problems;
  if (only === undefined || others.length > 0)
    throw new RangeError(`"${condition.name}" depends on the question and was planned for ${problems.length}`);
  const interventions = forQuestion(tokensOf(only.problem.question));
  return { ...condition, interventions, ...(interventions.length === 0 ? { isIdle: true } : {}) };
}

function settingsOf({ options, data, model, fingerprint, rows }: Setup): RunSettings {
  return {
    protocol: model.protocol,
    ...recordEngine(model.engine),
    seed: options.seed,
    ablateLayer: options.ablateLayer,
    layers: options.layers,
    maxNewTokens: fingerprint.maxNewTokens,
    rows,
    studies: fingerprint.studies,
    problems: data.sample.problems.length,
    reference: referenceOf(data.sample.problems),
    ...(options.wholeSample === true ? { wholeSample: true } : {}),
  };
}
