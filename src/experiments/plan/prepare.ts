/** Options → everything that a run is planned with: the checkpoint without its weights, the conditions, the sample. Starts no engine itself. */

import { join, resolve } from "node:path";
import { UsageError } from "../../base/errors.js";
import type { Checkpoint } from "../../model/checkpoint/load.js";
import { modelName } from "../../model/checkpoint/model-names.js";
import { openCheckpointFolder } from "../../model/checkpoint/open-folder.js";
import { checkHold } from "../../model/latent/load/check-hold.js";
import { checkRunnable } from "../../model/latent/load/check-runnable.js";
import { promptIdsOf } from "../../model/latent/prompt.js";
import { protocolOf } from "../../model/latent/protocols/index.js";
import { hasLatents } from "../../model/latent/protocols/loop.js";
import { type AnyProtocol, builtIn, DEFAULT_PROTOCOL } from "../../model/latent/protocols/names.js";
import type { EngineInfo } from "../../model/tensor/engine.js";
import { type Fingerprint, hashOf } from "../../records/fingerprint.js";
import { RECORD_SCHEMA } from "../../records/record.js";
import { shardFolder } from "../../records/shard.js";
import { ablationsOf } from "../../studies/ablation/operations.js";
import { loadStudyFiles, type OutsideStudy } from "../../studies/from-file.js";
import { conditionsOf, studiesOf } from "../../studies/index.js";
import { MAIN_STUDIES, studyNames } from "../../studies/selection.js";
import { STUDY_NAMES } from "../../studies/stories.js";
import { ofEveryProblem, type StudyCondition, type StudyContext } from "../../studies/study.js";
import { mostLatents } from "../jobs/same-latents.js";
import { loadProblems } from "../problems/load.js";
import { type CrewSize, checkCrewMemory, crewSize, likelyWorkers, thisMachine } from "./crew-size.js";
import { layersByDefault, type RunLayers } from "./defaults.js";
import { lackingParts, notOfProtocol, withoutLatents } from "./lacking.js";
import { BATCH_PROBLEMS, referenceOf } from "./layout.js";
import { feasible, type LeftOut } from "./lone-problems.js";
import type { ExperimentOptions } from "./options.js";
import { loadProtocolFile } from "./protocol-file.js";
import { questionLengthCheck } from "./question-length.js";
import { rowsAtOnce } from "./rows-at-once.js";
import { runTokenizer } from "./run-tokenizer.js";
import { perLevel, sampleProblems } from "./sampling.js";
import type { RunData, RunStudies, Setup } from "./setup.js";

/** What preparing asks of others. */
export interface PrepareHooks {
  /** Starts the engine that will compute, and says which one it is. @param workers so many are likely to be of use. */
  readonly startEngine: (crew: Pick<CrewSize, "threads" | "workers">) => Promise<EngineInfo>;
  /** Called with each notice about the checkpoint; a run that loads the model reports them when it loads. */
  readonly notice?: (text: string) => void;
}

/** @throws UsageError or BadInputError where the run cannot be; EnvironmentError where no engine starts. */
export async function prepare(asked: ExperimentOptions, hooks: PrepareHooks): Promise<Setup> {
  const own = asked.protocolFile === undefined ? null : await loadProtocolFile(asked.protocolFile);
  const checkpoint = await openCheckpointFolder(asked.model, {
    base: asked.base,
    strict: asked.strict,
    onNotice: hooks.notice,
    protocol: own?.name ?? asked.protocol,
    latents: asked.latents,
  });
  await checkpoint.close();
  const options = withLayers(asked, checkpoint.config.layers);
  checkRunnable(checkpoint);
  checkHold(checkpoint, { hold: options.hold, onNotice: hooks.notice });
  const protocol = own?.name ?? builtIn(checkpoint.codi.protocol);
  const chosen = await chooseStudies(options, checkpoint, protocol);
  const maxNewTokens = options.maxNewTokens ?? protocolOf(protocol).maxNewTokens;
  const most = mostLatents(checkpoint.codi.numLatents, chosen.conditions);
  const data = await drawProblems(options, protocol, questionLengthCheck(checkpoint, maxNewTokens, most));
  const studies = withoutLone(chosen, data, { checkpoint, protocol });
  const rows = rowsAtOnce(checkpoint.config, options.rows, most + 2 + maxNewTokens);
  const machine = thisMachine();
  const positions = longestPrompt(data, { checkpoint, protocol }) + most + 2 + maxNewTokens;
  const crew = crewSize({ checkpoint, hold: options.hold, rows, positions }, options, machine);
  if (!options.dryRun) checkCrewMemory(crew, { memory: machine.memory, force: options.force });
  const items = data.sample.problems.length * studies.conditions.length;
  const likely = { threads: crew.threads, workers: likelyWorkers(crew, items) };
  const [engine, hashes] = await Promise.all([hooks.startEngine(likely), checkpoint.hashes()]);
  const fingerprint: Fingerprint = {
    ...hashes,
    dataSha256: data.set.sha256,
    ...(options.fields === undefined ? {} : { fields: options.fields }),
    problems: data.sample.problems.map(({ id }) => id),
    protocol,
    ...(own === null ? {} : { protocolSha256: own.sha256 }),
    ...(options.latents === undefined ? {} : { latents: options.latents }),
    dtype: "float32",
    engine: engine.name,
    engineVersion: engine.version,
    ...(engine.adapter === undefined ? {} : { adapter: engine.adapter }),
    layers: options.layers,
    ablateLayer: options.ablateLayer,
    studies: chosen.names,
    ...(studies.outside.length === 0 ? {} : { studyFiles: studies.outside.map(({ sha256 }) => sha256).sort() }),
    ...(studies.controls === protocolOf(protocol).studies.hasAll ? {} : { controls: studies.controls }),
    ...(chosen.ablations === undefined ? {} : { ablations: chosen.ablations }),
    ...(options.wholeSample === true ? { wholeSample: true } : {}),
    seed: options.seed,
    maxNewTokens,
    testMode: options.testMode,
    recordSchema: RECORD_SCHEMA,
  };
  const name = `${modelName(options.model).replaceAll("/", "-")}-${protocol}-${hashOf(fingerprint).slice(0, 8)}`;
  return {
    options: { ...options, threads: crew.threads },
    data,
    model: { checkpoint, protocol, engine },
    studies,
    fingerprint,
    dir: resolve(
      options.out ?? join("results", name),
      ...(options.shard === undefined ? [] : [shardFolder(options.shard)]),
    ),
    rows,
    batchProblems: BATCH_PROBLEMS,
    crew: crewOn(engine, { crew, workers: options.workers }),
  };
}

/** A GPU is one: workers beside each other would share it, each with a copy of the weights. */
function crewOn(
  { name, device }: EngineInfo,
  { crew, workers }: { readonly crew: CrewSize; readonly workers: number | undefined },
): CrewSize {
  return device === "cpu" || (workers !== undefined && name !== "webgpu") ? crew : { ...crew, workers: 1 };
}

/** What is said where fewer workers compute than were asked for, because they would share a GPU; else null. */
export function oneWorkerNotice({ options: { workers = 1 }, crew, model }: Setup): string | null {
  if (model.engine.name !== "webgpu" || workers <= crew.workers) return null;
  return `one worker computes, not ${workers}: on WebGPU they would share the GPU, each with the weights`;
}

type SettledOptions = ExperimentOptions & RunLayers;

/** @throws UsageError for a layer that the model has not. */
function withLayers(asked: ExperimentOptions, depth: number): SettledOptions {
  const usual = layersByDefault(depth);
  const { layers = usual.layers, ablateLayer = usual.ablateLayer } = asked;
  const beyond = [...layers, ablateLayer].find((layer) => layer >= depth);
  if (beyond !== undefined)
    throw new UsageError(
      `Layer ${beyond} is out of range: the model has layers 0 to ${depth - 1}`,
      "correct --layers or --ablate-layer",
    );
  return { ...asked, layers, ablateLayer };
}

interface ChosenStudies {
  readonly names: readonly string[];
  readonly conditions: readonly StudyCondition[];
  /** What the studies cannot have under the protocol. */
  readonly lacking: readonly LeftOut[];
  readonly outside: readonly OutsideStudy[];
  readonly context: StudyContext;
  readonly controls: boolean;
  readonly ablations: readonly string[] | undefined;
}

async function chooseStudies(
  options: SettledOptions,
  { config, codi }: Pick<Checkpoint, "config" | "codi">,
  protocol: AnyProtocol,
): Promise<ChosenStudies> {
  const { hasAll } = protocolOf(protocol).studies;
  const isPlain = !hasLatents(protocol);
  const controls = hasAll && options.controls !== false;
  const ablations = options.ablations === undefined ? undefined : ablationsOf(options.ablations, controls);
  const context: StudyContext = {
    ...(ablations === undefined ? {} : { ablations }),
    layer: options.ablateLayer,
    depth: config.layers,
    latents: codi.numLatents,
    protocol,
  };
  const outside = await loadStudyFiles(options.studyFiles ?? [], context);
  const studies = outside.map(({ study }) => study);
  const named = [...options.studies, ...studies.map(({ name }) => name)];
  const wanted = studyNames(named, { controls, protocol, ...(ablations === undefined ? {} : { ablations }) });
  const beyond = isPlain || hasAll ? [] : wanted.filter((name) => !MAIN_STUDIES.includes(name));
  // Whoever asks for all of them wants those that there are; a study of one's own is asked for by name.
  const isAll = outside.length === 0 && STUDY_NAMES.every((name) => named.includes(name));
  if (beyond.length > 0 && !isAll)
    throw new UsageError(
      `Protocol ${protocol} has the studies ${MAIN_STUDIES.join(" and ")} only, found ${beyond.join(", ")}`,
      `use --protocol ${DEFAULT_PROTOCOL} for the others`,
    );
  const names = isPlain ? [] : wanted.filter((name) => !beyond.includes(name));
  const conditions = conditionsOf(names, context, { others: studies, withControls: controls });
  return {
    names,
    conditions: options.wholeSample === true ? conditions.map(ofEveryProblem) : conditions,
    lacking: isPlain
      ? withoutLatents(wanted, protocol)
      : [...notOfProtocol(beyond, protocol), ...lackingParts(studiesOf(names, studies, false), context)],
    outside: isPlain ? [] : outside,
    context,
    controls,
    ablations,
  };
}

async function drawProblems(
  { data, onBadRow, fields, problems: total, testMode, seed }: ExperimentOptions,
  protocol: AnyProtocol,
  check: (question: string) => string | null,
): Promise<RunData> {
  const set = await loadProblems(data, { onBadRow, protocol, check, ...(fields === undefined ? {} : { fields }) });
  return { set, sample: sampleProblems(set.problems, perLevel(set.problems, { total, testMode }), seed) };
}

/** Tokens of the question that has the most characters: near enough for an estimate of memory. */
function longestPrompt(
  { sample }: RunData,
  { checkpoint, protocol }: { readonly checkpoint: Checkpoint; readonly protocol: AnyProtocol },
): number {
  const { codi, eosTokenId } = checkpoint;
  const questions = sample.problems.map(({ question }) => question).sort((a, b) => b.length - a.length);
  return promptIdsOf({ tokenizer: runTokenizer(checkpoint), codi, eosTokenId, protocol }, questions[0] ?? "").length;
}

/** The studies without the conditions that draw on other problems, where there are none. */
function withoutLone(
  { conditions, lacking, outside, context, controls }: ChosenStudies,
  { sample }: RunData,
  { checkpoint, protocol }: { readonly checkpoint: Checkpoint; readonly protocol: AnyProtocol },
): RunStudies {
  const { codi, eosTokenId } = checkpoint;
  const parts = { tokenizer: runTokenizer(checkpoint), codi, eosTokenId, protocol };
  const questions = {
    questions: sample.problems.map(({ question }) => question),
    reference: referenceOf(sample.problems),
  };
  const found = feasible(conditions, questions, (question) => promptIdsOf(parts, question));
  return { ...found, leftOut: [...lacking, ...found.leftOut], outside, context, controls };
}
