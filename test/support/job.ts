/** Jobs made by hand, as a plan makes them. */

import { resultsOf } from "../../src/experiments/jobs/batch-results.js";
import { type Job, withKey } from "../../src/experiments/jobs/job.js";
import { asData } from "../../src/experiments/jobs/plan-jobs.js";
import type { RunSettings } from "../../src/experiments/jobs/run-options.js";
import type { Numbered } from "../../src/experiments/problems/problem.js";
import type { Intervention } from "../../src/model/hooks/interventions.js";
import type { CodiModel } from "../../src/model/latent/codi-model.js";
import type { RunResult } from "../../src/model/latent/run-types.js";
import type { StudyCondition } from "../../src/studies/study.js";
import { settings } from "./job-settings.js";

/** @param conditions the baseline first; one that depends on the question takes a job of one problem. */
export function jobOf(
  model: CodiModel,
  problems: readonly Numbered[],
  conditions: readonly StudyCondition[],
  more: Partial<RunSettings> = {},
): Job {
  const tokensOf = (question: string): string[] =>
    model
      .promptIds(question)
      .slice(0, -1)
      .map((id) => model.tokenizer.decode([id]));
  return withKey({
    problems: problems.map((each) => ({ ...each, keys: conditions.map(({ name }) => `${each.index} ${name}`) })),
    conditions: conditions.map((each) => asData(each, problems, tokensOf)),
    latents: conditions.find(({ latents }) => latents !== undefined)?.latents ?? model.codi.numLatents,
    reads: more.studies ?? [],
    settings: settings(more),
  });
}

/** One problem under one condition. */
export interface PlannedResult {
  readonly result: RunResult;
  /** What was done in this question. */
  readonly interventions: readonly Intervention[];
}

/**
 * Runs conditions in jobs as a plan parts them: each number of latents is one, and what depends on the question one of one problem.
 *
 * @param conditions the baseline first. @returns `[problem][condition]`.
 */
export async function resultsAsPlanned(
  model: CodiModel,
  problems: readonly Numbered[],
  conditions: readonly StudyCondition[],
  more: Partial<RunSettings> = {},
): Promise<PlannedResult[][]> {
  const found = problems.map(() => new Map<StudyCondition, PlannedResult>());
  const add = async (batch: readonly Numbered[], wanted: (each: StudyCondition) => boolean): Promise<void> => {
    const mine = conditions.filter((each, place) => place === 0 || wanted(each));
    const job = jobOf(model, batch, mine, more);
    for (const [i, row] of (await resultsOf(model, job)).entries())
      for (const [column, each] of mine.entries()) {
        const [result, condition, results] = [
          row[column],
          job.conditions[column],
          found[problems.indexOf(batch[i] as Numbered)],
        ];
        if (result === undefined || condition === undefined || results === undefined) throw new Error("no result");
        if (!results.has(each)) results.set(each, { result, interventions: condition.interventions });
      }
  };
  for (const count of new Set(conditions.map(({ latents }) => latents)))
    await add(problems, ({ latents, forQuestion }) => latents === count && forQuestion === undefined);
  if (conditions.some(({ forQuestion }) => forQuestion !== undefined))
    for (const each of problems) await add([each], ({ forQuestion }) => forQuestion !== undefined);
  return found.map((results) => conditions.flatMap((each) => results.get(each) ?? []));
}
