/** A loaded model: answers questions through its latents, and lets every activation be read and replaced. No Node API here. */

import { UsageError } from "../../base/errors.js";
import { printsAs } from "../../base/printing.js";
import { type Because, type ModelHashes, openCheckpoint } from "../checkpoint/load.js";
import type { CheckpointFiles } from "../checkpoint/source.js";
import type { DecoderConfig } from "../decoder/config.js";
import { currentEngine, type EngineInfo } from "../tensor/engine.js";
import type { Tokenizer } from "../tokenizer/tokenizer.js";
import { checkConditions } from "./check-conditions.js";
import { checkQuestion, checkQuestions, checkRunOptions } from "./check-options.js";
import type { CodiConfig } from "./config.js";
import { DerivableModel } from "./derivable-model.js";
import { checkDonors } from "./donors.js";
import { disposeParts, executeModelOf, logitRowsOf, siteSizesOf } from "./execute-model.js";
import { readyConditions } from "./given.js";
import type { DerivableParts } from "./gradient/derive.js";
import {
  checkedCheckpoint,
  type FileLoadOptions,
  type ModelParts,
  modelParts,
  openOptions,
} from "./load/model-parts.js";
import { onlyResult } from "./only-result.js";
import { DEFAULT_ROWS, limitsFor, mostCellsFor, type PackLimits, pack } from "./plan/packing.js";
import { checkPositions } from "./plan/positions.js";
import type { StepRate } from "./plan/rates.js";
import { measureSteps } from "./plan/step-rates.js";
import { modelLine, modelText } from "./printing/model.js";
import { eotIdsOf, promptIdsOf } from "./prompt.js";
import { protocolOf } from "./protocols/index.js";
import type { AnyProtocol } from "./protocols/names.js";
import { type AttributionModel, attribute, type Contributions, logitsAt, type Target } from "./readings/attribution.js";
import { keptComponents } from "./readings/components.js";
import { type LensAsked, type LensReading, readStates } from "./readings/logit-lens.js";
import { checkPlanned } from "./run/check-planned.js";
import { CleanRuns } from "./run/clean-runs.js";
import { prepareCleanValues } from "./run/donor-values.js";
import { type ExecuteModel, execute, withLatents } from "./run/run-batch.js";
import { asList, checkByQuestion, memoised, optionsOf, withHooks } from "./run-options.js";
import type {
  CommonOptions,
  Condition,
  ConditionOptions,
  GivenCondition,
  RunBatchOptions,
  RunOptions,
  RunResult,
} from "./run-types.js";
import { Runs } from "./runs.js";
import { mostFeatures } from "./sae/given-saes.js";

/** A loaded model. Owns its weights; `dispose()` frees them. */
export class LatentModel extends DerivableModel {
  readonly #parts: ModelParts;
  readonly #execute: ExecuteModel;
  readonly #cleanRuns = new CleanRuns((questions, options) => this.runBatch(questions, options));
  #disposed = false;

  protected constructor(parts: ModelParts) {
    super();
    this.#parts = parts;
    this.#execute = executeModelOf(parts);
  }

  /**
   * Loads a model from the bytes of its files, on the engine that was started.
   *
   * @throws BadInputError naming file, tensor, what was found and what was wanted; EnvironmentError when no engine was started.
   * @example
   * ```ts
   * import { readFileSync } from "node:fs";
   * // In a browser the bytes come by fetch.
   * const folder = import.meta.resolve("codilens/package.json").replace("package.json", "weights/tiny-codi/");
   * const names = ["codi.json", "config.json", "model.safetensors", "tokenizer.json"];
   * const bytes = Object.fromEntries(names.map((name) => [name, new Uint8Array(readFileSync(new URL(folder + name)))]));
   * using loaded = await LatentModel.load(filesFromBytes("tiny-codi", bytes));
   * loaded.codi.numLatents; // → 6
   * ```
   */
  static async load(files: CheckpointFiles, options: FileLoadOptions = {}): Promise<LatentModel> {
    const checkpoint = await openCheckpoint(files, openOptions(options));
    try {
      return new LatentModel(await modelParts(checkedCheckpoint(checkpoint, options), currentEngine(), options));
    } finally {
      await checkpoint.close();
    }
  }

  /** Name of the checkpoint. */
  get name(): string {
    return this.#parts.name;
  }

  get config(): DecoderConfig {
    return this.#parts.config;
  }

  get codi(): CodiConfig {
    return this.#parts.codi;
  }

  get protocol(): AnyProtocol {
    return this.#parts.protocol;
  }

  /**
   * How `protocol` and `codi.numLatents` are known, as the end of a sentence.
   * @example
   * ```ts
   * model.because.latents; // → codi.json says so
   * ```
   */
  get because(): Because {
    return this.#parts.because;
  }

  get engine(): EngineInfo {
    return this.#parts.engine;
  }

  /** The token that ends an answer. */
  get eosTokenId(): number {
    return this.#parts.eosTokenId;
  }

  /**
   * SHA-256 of weights, tokenizer and settings; reads the files.
   *
   * @throws BadInputError when they changed since the load.
   * @example
   * ```ts
   * const { weightsSha256 } = await model.hashes();
   * weightsSha256.length; // → 64
   * ```
   */
  hashes(): Promise<ModelHashes> {
    return this.#parts.hashes();
  }

  get tokenizer(): Tokenizer {
    return this.#parts.tokenizer;
  }

  /**
   * BOS, the question as the protocol prepares it, and what the protocol puts after it.
   *
   * @throws UsageError for a blank question.
   * @example
   * ```ts
   * model.promptIds(question).length; // → 27
   * ```
   */
  promptIds(question: string): number[] {
    return promptIdsOf(this.#parts, question);
  }

  /**
   * What is fed between the latents and the answer: EOT; under protocol `none` the prompt's last token.
   * @example
   * ```ts
   * model.eotIds(question); // → [ 4 ]
   * ```
   */
  eotIds(question: string): number[] {
    const ids = eotIdsOf(this.#parts);
    return ids.length === 0 ? this.promptIds(question).slice(-1) : [...ids];
  }

  /**
   * Answers one question.
   *
   * @throws UsageError for a wrong site, address or hook; NumericError when numbers stop being finite.
   * @example
   * ```ts
   * const run = await model.run("Tom has 3 pens. Tom buys 4 more. How many pens does Tom have now?", { expected: 7 });
   * console.log(run.answer.text, run.answer.margin, run.correct, run.logProb);
   * ```
   */
  async run(question: string, options: RunOptions = {}): Promise<RunResult> {
    checkQuestion(question);
    checkRunOptions("run", options);
    const { expected, ...others } = options;
    const [result] = await this.runBatch([question], {
      ...others,
      ...(expected === undefined ? {} : { expected: asList(expected) }),
    });
    if (result === undefined) throw new RangeError("The run gave no result");
    if (result.failure !== null) throw result.failure;
    return result;
  }

  /**
   * Answers questions as rows of common batches; no answer depends on its batch mates. Failed rows carry `failure`.
   * @example
   * ```ts
   * const runs = await model.runBatch(problems.map((each) => each.question));
   * runs.map(({ answer }) => answer.value); // → [ 1, 10, 15 ]
   * ```
   */
  async runBatch(questions: readonly string[], options: RunBatchOptions = {}): Promise<Runs> {
    checkQuestions("runBatch", questions);
    checkRunOptions("runBatch", options);
    const { hooks = [], interventions = [], ...common } = options;
    const name = interventions.length === 0 && hooks.length === 0 ? "baseline" : "run";
    const results = await this.#ready(questions, [{ name, interventions, hooks }], common);
    return Runs.over(results.map(onlyResult));
  }

  /**
   * Answers every question under every condition. The question is prefilled once, the clean latents run once, and each condition
   * branches off where it first acts.
   *
   * @returns `[question][condition]`.
   * @example
   * ```ts
   * const zeroed = { name: "zeroed", interventions: [parseIntervention("zero:blocks.8.hook_resid_post@latent.0")] };
   * const [[clean, changed] = []] = await model.runConditions([question], [{ name: "baseline", interventions: [] }, zeroed]);
   * [clean?.answer.text, changed?.fired[0]?.count]; // → [ 'The answer is: 1', 1 ]
   * ```
   */
  async runConditions(
    questions: readonly string[],
    conditions: readonly GivenCondition[],
    options: ConditionOptions = {},
  ): Promise<Runs[]> {
    checkQuestions("runConditions", questions);
    checkRunOptions("runConditions", options);
    checkConditions(conditions);
    const { hooks = [], ...common } = options;
    const results = await this.#ready(questions, withHooks(conditions, hooks), common);
    return results.map((row) => Runs.over(row));
  }

  /**
   * Takes numbers of a run apart into what the embedding, each head and each MLP contributed directly.
   *
   * @param run without interventions, made with `components`. @returns one entry a target; its parts sum to `whole`.
   * @throws UsageError for a run without components. RangeError for a position or token that is not there.
   * @example
   * ```ts
   * const run = await model.run(question, { components: true });
   * const token = run.answer.ids[0] ?? 0;
   * const [parts] = await model.attribute(run, [{ kind: "logit", position: "eot", token }]);
   * parts?.heads.length; // → 16
   * ```
   */
  attribute({ components }: RunResult, targets: readonly Target[]): Promise<Contributions[]> {
    return attribute(this.#attributionModel(), keptComponents(components), targets);
  }

  /**
   * Logits at a position of a run made with `components`, such as `answer.2`.
   * @example
   * ```ts
   * const run = await model.run(question, { components: true });
   * const logits = await model.logitsAt(run, "eot");
   * logits.indexOf(Math.max(...logits)) === run.answer.ids[0]; // → true
   * ```
   */
  logitsAt({ components }: RunResult, position: string): Promise<Float32Array> {
    return logitsAt(this.#attributionModel(), keptComponents(components), position);
  }

  /**
   * Logit lens: what final norm and head say of states of any layer.
   *
   * @param states `[cells, dModel]`, as `hook_resid_post` has them. @param asked ids whose rank and log-probability are wanted; or `{ tokens, best }`, with how many of the likeliest are.
   * @param reference states to compare with, one for each: `kl` is from what the head says of these.
   * @throws UsageError when the states do not divide into cells of dModel numbers, or the reference is not as many.
   * @example
   * ```ts
   * const { captures } = await model.run(question, { capture: ["blocks.12.hook_resid_post"] });
   * const lens = await model.logitLens(captures.at("blocks.12.hook_resid_post", at.latent(2)).data);
   * ```
   */
  async logitLens(
    states: Float32Array,
    asked: readonly number[] | LensAsked = [],
    reference?: Float32Array,
  ): Promise<LensReading[]> {
    if (this.#disposed) throw new UsageError("The model was disposed", "load it again");
    const read = "length" in asked ? { tokens: asked } : asked;
    return readStates(this.#parts.decoder, states, { ...read, reference, logitRows: this.#logitRows });
  }

  /**
   * Frees all weights; safe to call twice.
   * @example
   * ```ts
   * (await CodiModel.load("tiny-codi")).dispose();
   * ```
   */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    disposeParts(this.#parts);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Conditions as callers write them. */
  #ready(
    questions: readonly string[],
    given: readonly GivenCondition[],
    options: CommonOptions,
  ): Promise<RunResult[][]> {
    const ready = readyConditions(given, { questions: questions.length, options });
    return this.#batches(questions, ready.conditions, ready.options);
  }

  async #batches(
    questions: readonly string[],
    conditions: readonly Condition[],
    options: CommonOptions,
  ): Promise<RunResult[][]> {
    if (this.#disposed) throw new UsageError("The model was disposed", "load it again");
    checkByQuestion(options, { questions: questions.length, texts: protocolOf(this.protocol).comparesTexts });
    const model = withLatents(this.#execute, options.latents ?? this.codi.numLatents);
    const planned = conditions.flatMap(({ interventions }) => interventions);
    const sites = checkPlanned(planned, this.#parts, options);
    const promptOf = memoised((question) => this.promptIds(question));
    checkDonors(planned, { questions, reference: options.reference ?? [] }, promptOf);
    const lengths = questions.map((question) => promptOf(question).length);
    checkPositions(model.loop, { prompts: lengths, maxNewTokens: options.maxNewTokens });
    const results: RunResult[][] = questions.map(() => []);
    const run = this.#cleanRuns.runner(options);
    for (const batch of pack(lengths, conditions.length + 1, this.limits(options))) {
      const some = batch.map((question) => questions[question] ?? "");
      const own = optionsOf(batch, options);
      const { reference = [], sources = {}, seed = 0 } = own;
      const request = { interventions: planned, questions: some, reference, sources, seed, promptOf };
      const clean = await prepareCleanValues({ ...request, ...sites }, run);
      const found = await execute(model, { questions: some, numbers: batch, conditions, options: own, clean });
      for (const [place, question] of batch.entries()) results[question] = found[place] ?? [];
    }
    return results;
  }

  /**
   * Times steps of this model here, by their number of rows.
   * @example
   * ```ts
   * const [slowest] = await model.measureSteps();
   * ```
   */
  measureSteps(): Promise<StepRate[]> {
    const { decoder, config } = this.#parts;
    return measureSteps(decoder, {
      logitRows: this.#logitRows,
      bosTokenId: config.bosTokenId,
    });
  }

  /**
   * How large a batch of a run may be.
   * @example
   * ```ts
   * model.limits({ maxNewTokens: 16 }).rows; // → 256
   * ```
   */
  limits({
    maxNewTokens,
    latents = this.codi.numLatents,
    rowsPerBatch = DEFAULT_ROWS,
    cellsPerBatch,
    saes,
  }: Pick<CommonOptions, "maxNewTokens" | "latents" | "rowsPerBatch" | "cellsPerBatch" | "saes">): PackLimits {
    const answer = maxNewTokens ?? protocolOf(this.protocol).maxNewTokens;
    const { rows, cells } = limitsFor(this.config, rowsPerBatch, latents + 2 + answer);
    const most = saes === undefined ? rows : mostCellsFor(this.config, mostFeatures(saes));
    return { rows: Math.min(rows, most), cells: cellsPerBatch ?? cells };
  }

  /** Vocabulary rows that logits keep. */
  get #logitRows(): number {
    return logitRowsOf(this.#parts);
  }

  protected override derivable(): DerivableParts {
    if (this.#disposed) throw new UsageError("The model was disposed", "load it again");
    return {
      execute: this.#execute,
      sizes: siteSizesOf(this.#parts),
      cleanRuns: (options) => this.#cleanRuns.runner(options),
    };
  }

  #attributionModel(): AttributionModel {
    if (this.#disposed) throw new UsageError("The model was disposed", "load it again");
    const { decoder, projection } = this.#parts;
    return { decoder, projection, feedback: protocolOf(this.protocol).feedback, logitRows: this.#logitRows };
  }
}

printsAs(LatentModel.prototype, { whole: modelText, line: modelLine });
