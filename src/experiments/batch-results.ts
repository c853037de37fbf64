/**
 * Runs a batch's conditions: those that are the same for every question together, those that depend on it problem by problem, and those
 * with another number of latents as runs of their own.
 */

import type { CodiModel } from "../model/codi/codi-model.js";
import type { CommonOptions, RunResult } from "../model/codi/run-types.js";
import type { Intervention } from "../model/hooks/interventions.js";
import type { Numbered } from "./isolation.js";
import { answerOptions, type ReadingSetup, runOptions } from "./plan.js";
import { runStudyConditions } from "./run-study-conditions.js";
import { byLatents } from "./same-latents.js";
import type { StudyCondition } from "./study.js";

/** One problem under one condition. */
export interface ChosenResult {
  readonly result: RunResult;
  /** What was done in this question. */
  readonly interventions: readonly Intervention[];
}

/** What one problem gave, by condition. */
type Found = Map<StudyCondition, ChosenResult>;

/** `[problem][chosen condition]`, a result in every place. The first condition is the baseline. */
export async function resultsOf(
  model: CodiModel,
  setup: ReadingSetup,
  problems: readonly Numbered[],
  chosen: readonly { readonly condition: StudyCondition }[],
): Promise<ChosenResult[][]> {
  const conditions = chosen.map(({ condition }) => condition);
  const { trained, others } = byLatents(conditions);
  const found = await withTrainedLatents(model, setup, problems, trained);
  const [baseline] = trained;
  const answers = found.map((of) => (baseline === undefined ? [] : (of.get(baseline)?.result.answer.ids ?? [])));
  for (const { latents, conditions: mine } of others) {
    const options = { ...answerOptions(setup), latents, scoredAfter: answers };
    const results = await runTogether(model, problems, mine, options);
    for (const [place, row] of results.entries()) keep(found[place], mine, row);
  }
  return found.map((of) =>
    conditions.map((condition) => {
      const result = of.get(condition);
      if (result === undefined) throw new RangeError(`Condition "${condition.name}" gave no result`);
      return result;
    }),
  );
}

async function withTrainedLatents(
  model: CodiModel,
  setup: ReadingSetup,
  problems: readonly Numbered[],
  conditions: readonly StudyCondition[],
): Promise<Found[]> {
  const common = conditions.filter(({ forQuestion }) => forQuestion === undefined);
  const own = conditions.filter(({ forQuestion }) => forQuestion !== undefined);
  const shared = await runTogether(model, problems, common, runOptions(setup));
  // What is read of a baseline is read once.
  const plainly = answerOptions(setup);
  const all: Found[] = [];
  for (const [place, item] of problems.entries()) {
    const [baseline] = common;
    const [clean] = shared[place] ?? [];
    if (clean === undefined || baseline === undefined) throw new RangeError("A batch has no baseline");
    const found: Found = new Map();
    keep(found, common, shared[place] ?? []);
    const made = own.length === 0 ? [] : forTokens(own, questionTokens(model, item.problem.question));
    const some = made.filter(({ interventions }) => interventions.length > 0);
    const [, ...ran] =
      some.length === 0 ? [] : ((await runTogether(model, [item], [baseline, ...some], plainly))[0] ?? []);
    // What has nothing to act on in this question is the baseline.
    for (const [i, condition] of own.entries()) {
      const { interventions } = made[i] ?? { interventions: [] };
      const result = interventions.length === 0 ? clean : ran[some.indexOf(made[i] as StudyCondition)];
      if (result !== undefined) found.set(condition, { result, interventions });
    }
    all.push(found);
  }
  return all;
}

function runTogether(
  model: CodiModel,
  problems: readonly Numbered[],
  conditions: readonly StudyCondition[],
  options: CommonOptions & { readonly ablateLayer: number },
): Promise<RunResult[][]> {
  return runStudyConditions(
    model,
    problems.map(({ problem }) => problem.question),
    conditions,
    { ...options, expected: problems.map(({ problem }) => problem.expected) },
  );
}

function keep(found: Found | undefined, conditions: readonly StudyCondition[], results: readonly RunResult[]): void {
  for (const [i, condition] of conditions.entries()) {
    const result = results[i];
    if (result !== undefined) found?.set(condition, { result, interventions: condition.interventions });
  }
}

function forTokens(conditions: readonly StudyCondition[], tokens: readonly string[]): StudyCondition[] {
  return conditions.map((condition) => ({ ...condition, interventions: condition.forQuestion?.(tokens) ?? [] }));
}

/** Texts of the question's positions; BOT, the prompt's last token, is none of them. */
function questionTokens(model: CodiModel, question: string): string[] {
  return model
    .promptIds(question)
    .slice(0, -1)
    .map((id) => model.tokenizer.decode([id]));
}
