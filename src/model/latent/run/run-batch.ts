/** One batch of questions × conditions as rows of one loop: compiles hooks, runs, checks that everything fired, gathers results. */

import { mebibytes } from "../../../base/bytes.js";
import { NumericError, UsageError } from "../../../base/errors.js";
import { parseSite } from "../../hooks/names.js";
import type { Observer } from "../../hooks/observer.js";
import { RunHooks } from "../../hooks/run-hooks.js";
import type { Writer } from "../../hooks/writer.js";
import type { Tokenizer } from "../../tokenizer/tokenizer.js";
import { answerOf, gradeOf, kindAt } from "../answer/row-answer.js";
import type { Drawn } from "../donors.js";
import { levelCells } from "../plan/forward-cost.js";
import { mostCellsFor } from "../plan/packing.js";
import type { RowPlan } from "../plan/row.js";
import { type PlannedRows, planRows } from "../plan/rows.js";
import { asRunResult } from "../printing/run.js";
import { askedReadings, type StartedReadings, startReadings } from "../readings/asked.js";
import { Captures, captureBytes, SiteRecorder } from "../readings/capture.js";
import { locateNonFinite } from "../readings/first-non-finite.js";
import type { Batch, CommonOptions, RunResult } from "../run-types.js";
import { mostFeatures, saeAt } from "../sae/given-saes.js";
import { checkAddressed, compileWriters, firedOf, layoutOf } from "./compile-writers.js";
import { runLatentLoop } from "./latent-loop.js";
import type { LoopModel, RowOutcome } from "./loop.js";
import { scoreTargets } from "./score-target.js";
import { sitesHere, sitesOf } from "./sites-here.js";

const DEFAULT_BUDGET = 2 ** 30;

/** What `execute` runs on. */
export interface ExecuteModel {
  readonly loop: LoopModel;
  readonly tokenizer: Tokenizer;
  /** Null where nothing is projected. */
  readonly prjDim: number | null;
  /** BOS, the question and what the protocol puts after it. */
  readonly promptOf: (question: string) => number[];
}

/** The same model with another number of latents. @throws UsageError for what is no whole number, or more than the model has positions. */
export function withLatents(model: ExecuteModel, latents: number): ExecuteModel {
  const { maxPositions } = model.loop.decoder.config;
  if (!Number.isInteger(latents) || latents < 0 || latents >= maxPositions)
    throw new UsageError(
      `latents is ${latents}, wanted a whole number from 0 and less than the model's ${maxPositions} positions`,
      "correct it",
    );
  return { ...model, loop: { ...model.loop, numLatents: latents } };
}

/** @returns `[question][condition]`. @throws UsageError for a wrong site or address, before the first forward, and for a hook that did not fire as planned. */
export async function execute(model: ExecuteModel, batch: Batch): Promise<RunResult[][]> {
  const plan = rowsOf(model, batch);
  const limit = maxNewTokens(batch.options, model.loop);
  const recorders = makeRecorders(model, batch, { plan, limit });
  const writers = compileWriters(model.loop, batch, plan.rowsOfCondition);
  for (const writer of writers) checkAddressed(writer, plan.rows, { loop: model.loop, numbers: batch.numbers, limit });
  const targetOf = scoreTargets(model.tokenizer, model.loop.protocol, batch);
  const observers = [...recorders.sites.map(({ observer }) => observer), ...recorders.readings.observers];
  const hooks = new RunHooks(
    writers,
    observers,
    plan.rows.map((row) => row.question),
  );
  try {
    const { outcomes, counts } = await runLatentLoop(model.loop, plan, {
      hooks,
      maxNewTokens: limit,
      mostCells: batch.options.cellsPerBatch ?? mostCells(model, batch),
      isCut: observers.length === 0,
      lens: lensRows(batch, plan),
      verify: batch.options.verify ?? true,
      knownAnswer: (question) => batch.options.knownAnswers?.[question] ?? [],
      targetOf,
      scoreFirstToken: batch.options.scoreFirstToken === true,
      onForward: batch.options.onForward,
    });
    batch.options.onCounts?.(counts);
    const parts = { plan: plan.rows, outcomes, hooks, writers, recorders };
    const results = plan.rowsOfQuestion.map((rows, question) =>
      rows.map((row) => rowResult(model, batch, { ...parts, row, cleanRow: plan.cleanRows[question] ?? null })),
    );
    return await nameFailures(model, batch, results);
  } finally {
    hooks.dispose();
  }
}

function rowsOf({ loop, promptOf }: ExecuteModel, batch: Batch): PlannedRows {
  const sites = sitesOf(loop, batch);
  return planRows(batch, promptOf, {
    ...{ numLatents: loop.numLatents, ...sites, hasEot: loop.eotIds.length > 0 },
    levelCells: isReadInside(batch) ? undefined : levelCells(loop.decoder.config),
  });
}

/** Does the caller read states of blocks? Then rows part as late as they can: what is read below an edit is the clean run's, to the bit. */
function isReadInside({ options: { capture = [], readings = [] } }: Batch): boolean {
  return readings.length > 0 || capture.some((site) => !site.startsWith("latents."));
}

function mostCells({ loop }: ExecuteModel, { options }: Batch): number {
  return mostCellsFor(loop.decoder.config, mostFeatures(options.saes));
}

/** Rows whose lens is read; null for all. */
function lensRows({ options }: Batch, { cleanRows }: PlannedRows): ReadonlySet<number> | null {
  if (options.lens === true) return null;
  return new Set(options.lens === "clean" ? cleanRows.filter((row) => row !== null) : []);
}

/** The stated limit of decoding. */
function maxNewTokens(options: CommonOptions, loop: Pick<LoopModel, "protocol">): number {
  const limit = options.maxNewTokens ?? loop.protocol.maxNewTokens;
  if (!Number.isInteger(limit) || limit < 1)
    throw new UsageError(`maxNewTokens is ${limit}, wanted a whole number of at least 1`, "correct it");
  return limit;
}

interface Recorders {
  readonly sites: readonly SiteRecorder[];
  readonly readings: StartedReadings;
}

function makeRecorders(
  model: ExecuteModel,
  batch: Batch,
  { plan, limit }: { readonly plan: PlannedRows; readonly limit: number },
): Recorders {
  const { options } = batch;
  const { rows } = plan;
  const { config } = model.loop.decoder;
  const sites = sitesOf(model.loop, batch);
  const wanted = sitesHere(options.capture ?? [], { model: sites, protocol: model.loop.protocol });
  const recorders = wanted.map((name) => new SiteRecorder(parseSite(name, sites), saeAt(options.saes, name)));
  const longest = rows.reduce((max, row) => Math.max(max, row.promptIds.length), 0);
  const { numLatents, eotTokens } = model.loop;
  const positions = longest + numLatents + eotTokens + limit;
  const prjDim = model.prjDim ?? 0;
  const bytes = captureBytes(recorders, config, { positions, latents: numLatents, prjDim }) * rows.length;
  const budget = options.captureBudgetBytes ?? DEFAULT_BUDGET;
  if (bytes > budget) {
    throw new UsageError(
      `Capturing ${recorders.length} sites of ${rows.length} rows could take ${mebibytes(bytes)}, the budget is ${mebibytes(budget)}`,
      "capture fewer sites or rows, lower maxNewTokens, or raise captureBudgetBytes",
    );
  }
  const readings = startReadings(askedReadings(options), {
    decoder: model.loop.decoder,
    latents: numLatents,
    attentionShift: model.loop.protocol.attentionShift,
    rows: rows.length,
    cleanRows: new Set(plan.cleanRows.flatMap((row) => row ?? [])),
  });
  return { sites: recorders, readings };
}

interface RowParts {
  readonly row: number;
  /** The row of its question that nothing was done to, or null. */
  readonly cleanRow: number | null;
  readonly plan: readonly RowPlan[];
  readonly outcomes: readonly RowOutcome[];
  readonly hooks: RunHooks;
  readonly writers: readonly Writer[];
  readonly recorders: Recorders;
}

function rowResult(model: ExecuteModel, batch: Batch, parts: RowParts): RunResult {
  const { row, plan, outcomes, recorders } = parts;
  const rowPlan = plan[row];
  const outcome = outcomes[row];
  if (rowPlan === undefined || outcome === undefined) throw new RangeError(`No row ${row}`);
  const layout = layoutOf(rowPlan, model.loop, outcome.ids.length);
  const tokenText = (id: number): string => model.tokenizer.tokenText(id);
  const { question } = rowPlan;
  const { protocol } = model.loop;
  const answer = answerOf(outcome, { tokenizer: model.tokenizer, protocol, kind: kindAt(batch, question) });
  const clean = outcomes[parts.cleanRow ?? -1] ?? null;
  const captured = recorders.sites.map((recorder) => recorder.assemble(row, layout));
  return asRunResult({
    question: batch.questions[question] ?? "",
    // Without EOT the last of them stands in its place.
    promptIds: [...rowPlan.promptIds, ...(rowPlan.eotIds ?? [])],
    layout,
    answer,
    ...gradeOf(batch, answer, { question, protocol, outcome, clean }),
    fired: outcome.failure === null ? firedOf(parts, layout, model.loop) : [],
    drawn: drawnBy(batch, rowPlan),
    captures: new Captures(captured, { layout, numberToken: answer.numberToken }),
    lens: outcome.lens.map(({ at, top }) => ({
      at,
      top: top.ids.map((id, i) => ({ id, text: tokenText(id), logProb: (top.logits[i] ?? 0) - top.logSumExp })),
    })),
    ...recorders.readings.of(row, layout, outcome.failure !== null),
    failure: outcome.failure,
  });
}

function drawnBy({ conditions, clean }: Batch, { question, condition }: RowPlan): Drawn[] {
  if (clean === null || condition === null) return [];
  return (conditions[condition]?.interventions ?? []).flatMap((each) => clean.drawn(each, question) ?? []);
}

/** Names the layer where a failed row's numbers went wrong, by running that row once more with a look at every block. */
async function nameFailures(model: ExecuteModel, batch: Batch, results: RunResult[][]): Promise<RunResult[][]> {
  const named: RunResult[][] = [];
  for (const [question, row] of results.entries()) {
    const out: RunResult[] = [];
    for (const [index, result] of row.entries()) {
      if (result.failure === null) {
        out.push(result);
        continue;
      }
      const where = await locate(model, batch, { question, condition: index });
      const failure =
        where === null
          ? result.failure
          : new NumericError(`${result.failure.message}; first seen ${where}`, result.failure.hint);
      out.push(asRunResult({ ...result, failure }));
    }
    named.push(out);
  }
  return named;
}

async function locate(
  model: ExecuteModel,
  batch: Batch,
  { question, condition }: { readonly question: number; readonly condition: number },
): Promise<string | null> {
  // What is scored plays no part, and is counted by question.
  const { expected: _, contrasts: __, ...options } = batch.options;
  const alone: Batch = {
    ...batch,
    questions: [batch.questions[question] ?? ""],
    numbers: [batch.numbers[question] ?? question],
    conditions: batch.conditions.slice(condition, condition + 1),
    options: { ...options, maxNewTokens: 1 },
    clean:
      batch.clean === null
        ? null
        : {
            at: (intervention, site, { position }) =>
              batch.clean?.at(intervention, site, { question, position }) ?? new Float32Array(),
            drawn: () => null,
          },
  };
  const plan = rowsOf(model, alone);
  const finder = locateNonFinite(model.loop.decoder.config.layers);
  const observers: Observer[] = finder.observers;
  const hooks = new RunHooks(
    compileWriters(model.loop, alone, plan.rowsOfCondition),
    observers,
    plan.rows.map((row) => row.question),
  );
  try {
    const none: ReadonlySet<number> = new Set();
    await runLatentLoop(model.loop, plan, {
      hooks,
      maxNewTokens: 1,
      mostCells: mostCells(model, alone),
      lens: none,
      verify: false,
      knownAnswer: () => [],
      targetOf: null,
      scoreFirstToken: false,
    });
  } finally {
    hooks.dispose();
  }
  return finder.found();
}
