/** Runs a batch's conditions: those that are the same for every question together, those that depend on it problem by problem. */

import type { CodiModel } from "../model/codi/codi-model.js";
import type { RunResult } from "../model/codi/run-types.js";
import type { Intervention } from "../model/hooks/interventions.js";
import type { Numbered } from "./isolation.js";
import { runOptions, type Setup } from "./plan.js";
import { runStudyConditions } from "./run-study-conditions.js";
import type { StudyCondition } from "./study.js";

/** One problem under one condition. */
export interface ChosenResult {
  readonly result: RunResult;
  /** What was done in this question. */
  readonly interventions: readonly Intervention[];
}

/** `[problem][chosen condition]`: what is the same for all questions in one batch, then what depends on the question, problem by problem. */
export async function resultsOf(
  model: CodiModel,
  setup: Setup,
  problems: readonly Numbered[],
  chosen: readonly { readonly condition: StudyCondition }[],
): Promise<ChosenResult[][]> {
  // What is read of a baseline is read once.
  const { components: _, flowLayers: __, readingLayers: ___, ...plainly } = runOptions(setup);
  const run = (
    some: readonly Numbered[],
    conditions: readonly StudyCondition[],
    options: typeof plainly,
  ): Promise<RunResult[][]> =>
    runStudyConditions(
      model,
      some.map(({ problem }) => problem.question),
      conditions,
      { ...options, expected: some.map(({ problem }) => problem.expected) },
    );
  const conditions = chosen.map(({ condition }) => condition);
  const common = conditions.filter(({ forQuestion }) => forQuestion === undefined);
  const own = conditions.filter(({ forQuestion }) => forQuestion !== undefined);
  const shared = await run(problems, common, runOptions(setup));
  const all: ChosenResult[][] = [];
  for (const [place, item] of problems.entries()) {
    const [clean, ...others] = shared[place] ?? [];
    const [baseline, ...rest] = common;
    if (clean === undefined || baseline === undefined) throw new RangeError("A batch has no baseline");
    const found = new Map<StudyCondition, ChosenResult>([[baseline, { result: clean, interventions: [] }]]);
    for (const [i, condition] of rest.entries()) {
      const result = others[i];
      if (result !== undefined) found.set(condition, { result, interventions: condition.interventions });
    }
    const made = own.length === 0 ? [] : forTokens(own, questionTokens(model, item.problem.question));
    const some = made.filter(({ interventions }) => interventions.length > 0);
    const [, ...ran] = some.length === 0 ? [] : ((await run([item], [baseline, ...some], plainly))[0] ?? []);
    // What has nothing to act on in this question is the baseline.
    for (const [i, condition] of own.entries()) {
      const { interventions } = made[i] ?? { interventions: [] };
      const result = interventions.length === 0 ? clean : ran[some.indexOf(made[i] as StudyCondition)];
      if (result !== undefined) found.set(condition, { result, interventions });
    }
    all.push(conditions.flatMap((condition) => found.get(condition) ?? []));
  }
  return all;
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
