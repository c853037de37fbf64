/**
 * Runs a batch's conditions: those that are the same for every question together, those that depend on it problem by problem, and those
 * with another number of latents as runs of their own.
 */

import type { Intervention } from "../../model/hooks/interventions.js";
import type { CodiModel } from "../../model/latent/codi-model.js";
import type { RunResult } from "../../model/latent/run-types.js";
import type { StudyCondition } from "../../studies/study.js";
import type { Numbered } from "../work/isolation.js";
import {
  answerOptions,
  comparedReads,
  keptReads,
  type RunContext,
  type RunOptions,
  type RunSettings,
} from "./run-options.js";
import { runStudyConditions } from "./run-study-conditions.js";
import { byLatents } from "./same-latents.js";

/** One problem under one condition. */
export interface ChosenResult {
  readonly result: RunResult;
  /** What was done in this question. */
  readonly interventions: readonly Intervention[];
}

/** What one problem gave, by condition. */
type Found = Map<StudyCondition, ChosenResult>;

/** What is run. */
export interface RunRequest extends Omit<RunContext, "depth"> {
  readonly settings: RunSettings;
  readonly problems: readonly Numbered[];
  /** The baseline first. */
  readonly conditions: readonly StudyCondition[];
  /** Whether the baseline is wanted for itself, with all that is read of it, and not only to compare the other conditions with. */
  readonly isKept: boolean;
}

/** `[problem][condition]`, a result in every place. */
export async function resultsOf(
  model: CodiModel,
  { settings, problems, conditions, isKept, ...rest }: RunRequest,
): Promise<ChosenResult[][]> {
  const context: RunContext = { ...rest, depth: model.config.layers };
  const { trained, others } = byLatents(conditions);
  const answering = answerOptions(settings, context);
  const reads = isKept ? keptReads(settings, context) : comparedReads(settings, trained.slice(1), context);
  const options = { ...answering, ...reads };
  const found = await withTrainedLatents(model, problems, { conditions: trained, options, answering });
  const [baseline] = trained;
  const answers = found.map((of) => (baseline === undefined ? [] : (of.get(baseline)?.result.answer.ids ?? [])));
  for (const { latents, conditions: mine } of others) {
    const options = { ...answering, latents, scoredAfter: answers };
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

interface TrainedRun {
  /** The baseline first. */
  readonly conditions: readonly StudyCondition[];
  readonly options: RunOptions;
  /** Without what is read of the baseline. */
  readonly answering: RunOptions;
}

async function withTrainedLatents(
  model: CodiModel,
  problems: readonly Numbered[],
  { conditions, options, answering }: TrainedRun,
): Promise<Found[]> {
  const common = conditions.filter(({ forQuestion }) => forQuestion === undefined);
  const own = conditions.filter(({ forQuestion }) => forQuestion !== undefined);
  // The baseline alone runs with what depends on the question.
  const isAlone = own.length > 0 && common.length === 1;
  const shared = isAlone ? null : await runTogether(model, problems, common, options);
  const all: Found[] = [];
  for (const [place, item] of problems.entries()) {
    const found: Found = new Map();
    keep(found, common, shared?.[place] ?? []);
    // What is read of a baseline is read once.
    if (own.length > 0) await runOwn(model, item, found, { common, own, options: isAlone ? options : answering });
    all.push(found);
  }
  return all;
}

/** Runs what depends on the question, and the baseline where it is not there yet. */
async function runOwn(
  model: CodiModel,
  item: Numbered,
  found: Found,
  run: {
    readonly common: readonly StudyCondition[];
    readonly own: readonly StudyCondition[];
    readonly options: RunOptions;
  },
): Promise<void> {
  const [baseline] = run.common;
  if (baseline === undefined) throw new RangeError("A batch has no baseline");
  const made = forTokens(run.own, questionTokens(model, item.problem.question));
  const some = made.filter(({ interventions }) => interventions.length > 0);
  const isNeeded = some.length > 0 || !found.has(baseline);
  const [clean, ...ran] = isNeeded
    ? ((await runTogether(model, [item], [baseline, ...some], run.options))[0] ?? [])
    : [];
  if (clean !== undefined && !found.has(baseline)) keep(found, [baseline], [clean]);
  const result = found.get(baseline)?.result;
  // What has nothing to act on in this question is the baseline.
  for (const [i, condition] of run.own.entries()) {
    const { interventions } = made[i] ?? { interventions: [] };
    const own = interventions.length === 0 ? result : ran[some.indexOf(made[i] as StudyCondition)];
    if (own !== undefined) found.set(condition, { result: own, interventions });
  }
}

function runTogether(
  model: CodiModel,
  problems: readonly Numbered[],
  conditions: readonly StudyCondition[],
  options: RunOptions,
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
