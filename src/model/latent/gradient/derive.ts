/** From what a caller asks to batches that fit the memory, and back to a result a question. */

import { mebibytes } from "../../../base/bytes.js";
import { UsageError } from "../../../base/errors.js";
import { type Hook, hookIdentity } from "../../hooks/hook.js";
import { formatIntervention } from "../../hooks/interventions.js";
import { type ParsedSite, parseSite } from "../../hooks/names.js";
import { checkDonors } from "../donors.js";
import { type Ready, readyConditions } from "../given.js";
import { checkPositions } from "../plan/positions.js";
import { isClean, planRows } from "../plan/rows.js";
import { checkIntervention } from "../run/check-intervention.js";
import type { SiteSizes } from "../run/check-scope.js";
import { layoutOf } from "../run/compile-writers.js";
import { type CleanRunner, prepareCleanValues } from "../run/donor-values.js";
import { type ExecuteModel, withLatents } from "../run/run-batch.js";
import { sitesHere } from "../run/sites-here.js";
import { checkByQuestion, memoised, optionsOf } from "../run-options.js";
import type { CommonOptions, Condition, InterventionLike, SourceOptions } from "../run-types.js";
import { answerOf } from "./answers.js";
import { checkHasDerivative } from "./check-site.js";
import { derivativeBytes } from "./memory.js";
import type { PlannedForward } from "./run-forward.js";
import type { DerivativeOptions, Edit, Metric } from "./types.js";

/** What of a model derivatives need. */
export interface DerivableParts {
  readonly execute: ExecuteModel;
  readonly sizes: SiteSizes;
  /** Clean runs that `mean`, `resample` and `shuffle` draw on. */
  readonly cleanRuns: (options: { readonly latents?: number }) => CleanRunner;
}

/** What is computed together. */
export interface Prepared {
  readonly sites: readonly ParsedSite[];
  readonly pins: boolean;
  readonly forward: PlannedForward;
  /** By question of the batch, its number in the call. */
  readonly questions: readonly number[];
}

/** A call. */
export interface Asked<T> {
  readonly questions: readonly string[];
  readonly options: DerivativeOptions;
  /** By question; null in forward mode. */
  readonly metricOf: ((question: number) => Metric) | null;
  /** By question, the sites that are changed; forward mode alone. */
  readonly changedOf?: (question: number) => readonly string[];
  /** What is made of each batch, a result a question. */
  readonly compute: (prepared: Prepared) => Promise<readonly T[]>;
}

const DEFAULT_BUDGET = 2 ** 30;

/**
 * Prepares batch after batch, and gathers what `compute` makes of each.
 *
 * @throws UsageError for what cannot be, before anything is computed.
 */
export async function derive<T>(
  parts: DerivableParts,
  { questions, options, metricOf, changedOf = () => [], compute }: Asked<T>,
): Promise<T[]> {
  const model = withLatents(parts.execute, options.latents ?? parts.execute.loop.numLatents);
  const { loop } = model;
  const { config } = loop.decoder;
  const named = options.at.map(checkHasDerivative);
  const sites = sitesHere(named, { model: config, protocol: loop.protocol }).map((name) => parseSite(name, config));
  const pins = pinsOf(options);
  const promptOf = memoised(model.promptOf);
  const { conditions, options: sources } = interventionsOf(parts, questions.length, options);
  checkByQuestion(sources, { questions: questions.length, texts: false });
  // Where derivatives end at the latents, a question that is asked many times needs its prompt once.
  const areShared = conditions.every(isClean) && named.every(isOfLatents);
  const asked = questions.map((question, number) => ({
    number,
    question,
    answer: answerOf(options, { number, metric: metricOf?.(number) ?? null }),
    condition: conditions[number % conditions.length] as Condition,
    length: promptOf(question).length,
    hasPromptBefore: areShared && question === questions[number - 1] && changedOf(number).every(isOfLatents),
  }));
  const longest = asked.reduce((most, { answer }) => Math.max(most, answer.length), 0);
  checkPositions(loop, { prompts: asked.map(({ length }) => length), maxNewTokens: longest + 1 });
  const context = {
    model,
    promptOf,
    sources,
    run: parts.cleanRuns(given<{ latents: number }>({ latents: options.latents })),
  };
  const results: T[] = [];
  for (const batch of batchesOf(asked, {
    bytesOfOne: (each) => bytesOf(model, sites, each),
    budget: options.budgetBytes ?? DEFAULT_BUDGET,
  })) {
    const numbers = batch.map(({ number }) => number);
    const found = await compute({ sites, pins, forward: await forwardOf(context, batch), questions: numbers });
    for (const [place, number] of numbers.entries()) results[number] = found[place] as T;
  }
  return results;
}

interface AskedQuestion {
  readonly number: number;
  readonly question: string;
  readonly answer: readonly number[];
  readonly condition: Condition;
  readonly length: number;
  /** Is its prompt computed with the question before it, where both are in one batch? */
  readonly hasPromptBefore: boolean;
}

/** Has a site nothing at the prompt? */
function isOfLatents(site: string): boolean {
  return site.startsWith("latents.");
}

function pinsOf({ downstream = "propagate" }: DerivativeOptions): boolean {
  if (downstream === "pin" || downstream === "propagate") return downstream === "pin";
  throw new UsageError(
    `downstream is ${JSON.stringify(downstream)}, wanted "propagate" or "pin"`,
    "choose one of these",
  );
}

/** The options that were given. */
function given<T extends object>(options: { readonly [K in keyof T]: T[K] | undefined }): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;
}

/** One condition for all questions or one each, checked, and the values and runs that they refer to. */
function interventionsOf({ execute, sizes }: DerivableParts, questions: number, options: DerivativeOptions): Ready {
  const { interventions = [], seed, values, reference, sources } = options;
  const each =
    typeof interventions === "function"
      ? Array.from({ length: questions }, (_, i) => interventions(i))
      : [interventions];
  const ready = readyConditions(
    each.map((own) => ({
      name: "run",
      interventions: own.filter((one): one is InterventionLike => !isHook(one)),
      hooks: own.filter(isHook),
    })),
    { questions, options: given<SourceOptions>({ seed, values, reference, sources }) },
  );
  const context = { ...execute.loop.decoder.config, values: ready.options.values ?? {}, sizes };
  for (const { interventions: own } of ready.conditions)
    for (const one of own) {
      checkHasDerivative(one.site);
      checkIntervention(one, context);
    }
  return ready;
}

function isHook(edit: Edit): edit is Hook {
  return typeof edit === "object" && "apply" in edit;
}

/** Bytes that one question takes. */
function bytesOf(
  { loop, prjDim }: ExecuteModel,
  sites: readonly ParsedSite[],
  { length, answer, hasPromptBefore }: AskedQuestion,
): number {
  const predicted = loop.eotTokens + answer.length;
  const before = hasPromptBefore ? length : 0;
  const positions = length - before + loop.numLatents + predicted;
  const sizes = { positions, before, predicted, latents: loop.numLatents, prjDim: prjDim ?? 0 };
  return derivativeBytes(sites, loop.decoder.config, sizes);
}

/** As many questions together as the budget holds, in their order. */
function batchesOf(
  asked: readonly AskedQuestion[],
  { bytesOfOne, budget }: { readonly bytesOfOne: (each: AskedQuestion) => number; readonly budget: number },
): AskedQuestion[][] {
  const batches: AskedQuestion[][] = [];
  let held = Number.POSITIVE_INFINITY;
  for (const each of asked) {
    // The first of a batch has its prompt to itself.
    const whole = bytesOfOne({ ...each, hasPromptBefore: false });
    if (whole > budget)
      throw new UsageError(
        `Derivatives of question ${each.number} could take ${mebibytes(whole)}, the budget is ${mebibytes(budget)}`,
        "name fewer sites in at, or raise budgetBytes",
      );
    const after = held + bytesOfOne(each);
    if (after > budget) batches.push([]);
    held = after > budget ? whole : after;
    batches.at(-1)?.push(each);
  }
  return batches;
}

interface ForwardContext {
  readonly model: ExecuteModel;
  readonly promptOf: (question: string) => number[];
  readonly run: CleanRunner;
  readonly sources: CommonOptions;
}

async function forwardOf(
  { model, promptOf, run, sources: all }: ForwardContext,
  members: readonly AskedQuestion[],
): Promise<PlannedForward> {
  const { loop } = model;
  const { layers, family } = loop.decoder.config;
  const questions = members.map(({ question }) => question);
  const numbers = members.map(({ number }) => number);
  const options = optionsOf(numbers, all);
  const { reference = [], sources = {}, seed = 0 } = options;
  const { conditions, conditionOf } = distinct(members);
  const interventions = conditions.flatMap((each) => each.interventions);
  checkDonors(interventions, { questions, reference }, promptOf);
  const clean = await prepareCleanValues(
    { interventions, questions, reference, sources, seed, promptOf, layers, family },
    run,
  );
  const batch = { questions, numbers, conditions, options, clean };
  const hasEot = loop.eotIds.length > 0;
  const plan = planRows(batch, promptOf, {
    ...{ numLatents: loop.numLatents, layers, family, hasEot, conditionOf },
    hasPromptBefore: (place) => place > 0 && members[place]?.hasPromptBefore === true,
  });
  const answers = members.map(({ answer }) => answer);
  const rows = plan.rowsOfQuestion.map(([row = 0], question) => {
    const planned = plan.rows[row];
    if (planned === undefined) throw new RangeError(`No row ${row}`);
    return { row, layout: layoutOf(planned, loop, (answers[question]?.length ?? 0) + 1) };
  });
  return { loop, batch, plan, answers, rows };
}

/** Each condition once, and which one each question has. */
function distinct(members: readonly AskedQuestion[]): {
  readonly conditions: readonly Condition[];
  readonly conditionOf: (question: number) => number;
} {
  const texts = members.map(({ condition: { interventions, hooks = [] } }) =>
    [...interventions.map(formatIntervention), ...hooks.map(hookIdentity)].join("; "),
  );
  const known = [...new Set(texts)];
  return {
    conditions: known.map((text) => (members[texts.indexOf(text)] as AskedQuestion).condition),
    conditionOf: (question) => known.indexOf(texts[question] ?? ""),
  };
}
