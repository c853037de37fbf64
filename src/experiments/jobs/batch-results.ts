/** Runs a job's conditions: those with the checkpoint's number of latents together, and those with another number as a run of their own. */

import type { SourceRun } from "../../model/hooks/bound.js";
import type { CodiModel } from "../../model/latent/codi-model.js";
import type { RunResult } from "../../model/latent/run-types.js";
import { BASELINE } from "../../studies/baseline/study.js";
import { type Job, type JobCondition, keepsBaseline } from "./job.js";
import { answerOptions, comparedReads, keptReads, type RunContext, type Sources } from "./run-options.js";
import { type RunOptions, runStudyConditions } from "./run-study-conditions.js";

/** `[problem][condition]`, a result in every place. The first condition is the baseline. */
export async function resultsOf(
  model: CodiModel,
  job: Pick<Job, "problems" | "conditions" | "latents" | "settings">,
  worker: Omit<RunContext, "depth"> = {},
): Promise<RunResult[][]> {
  const { conditions, settings, problems } = job;
  const context = { ...worker, depth: model.config.layers };
  const answering = answerOptions(settings, context);
  const sources = sourcesFor(problems, worker.sources);
  const run = (some: readonly JobCondition[], options: RunOptions): Promise<RunResult[][]> =>
    runStudyConditions(
      model,
      { questions: problems.map(({ problem }) => problem.question), conditions: some },
      { ...options, ...sources, expected: problems.map(({ problem }) => problem.expected) },
    );
  const own = conditions.filter(({ latents }) => latents === undefined);
  const trained = own.filter(({ isIdle }) => isIdle !== true);
  const reads = keepsBaseline(job) ? keptReads(settings, context) : comparedReads(settings, own.slice(1), context);
  const results = await run(trained, { ...answering, ...reads });
  const others = withBare(conditions, job.latents);
  const scoredAfter = results.map(([clean]) => clean?.answer.ids ?? []);
  const more = others.length === 0 ? [] : await run(others, { ...answering, latents: job.latents, scoredAfter });
  return problems.map((_, place) => {
    const row = results[place] ?? [];
    return conditions.map((condition) => {
      const result =
        condition.latents === undefined
          ? row[condition.isIdle === true ? 0 : trained.indexOf(condition)]
          : more[place]?.[others.indexOf(condition)];
      if (result === undefined) throw new RangeError(`Condition "${condition.name}" gave no result`);
      return result;
    });
  });
}

/** The runs that some problems read. */
function sourcesFor(problems: Job["problems"], sources: Sources = {}): Pick<RunOptions, "sources"> {
  const entries = Object.entries(sources);
  if (entries.length === 0) return {};
  const runsOf = (runs: Sources[string]): SourceRun[] =>
    problems.flatMap(({ index }) => (isList(runs) ? (runs[index] ?? []) : runs));
  return { sources: Object.fromEntries(entries.map(([name, runs]) => [name, runsOf(runs)])) };
}

function isList(runs: Sources[string]): runs is readonly SourceRun[] {
  return Array.isArray(runs);
}

/** The conditions with another number of latents, the one without interventions first: the others branch from it. */
function withBare(conditions: readonly JobCondition[], latents: number): JobCondition[] {
  const mine = conditions.filter((each) => each.latents !== undefined);
  if (mine.length === 0) return [];
  const bare = mine.find(({ interventions }) => interventions.length === 0) ?? { ...BASELINE, latents };
  return [bare, ...mine.filter((each) => each !== bare)];
}
