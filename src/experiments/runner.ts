/** Plan → records: samples problems, runs every condition, appends records part by part, resumes where it stopped. */

import { basename, join, resolve } from "node:path";
import { UsageError } from "../base/errors.js";
import { openCheckpointFolder } from "../model/checkpoint/open-folder.js";
import type { CodiModel } from "../model/latent/codi-model.js";
import { tokenizerOf } from "../model/latent/load/tokenizer-of.js";
import { promptIdsOf } from "../model/latent/prompt.js";
import { protocolOf } from "../model/latent/protocols/index.js";
import { DEFAULT_PROTOCOL } from "../model/latent/protocols/names.js";
import { startEngine } from "../model/tensor/engines/start.js";
import { enterStage, startProfile } from "../model/tensor/profile.js";
import { type Fingerprint, hashOf } from "../records/fingerprint.js";
import { type ExperimentRecord, RECORD_SCHEMA } from "../records/record.js";
import { type ItemError, probeFolder, type RecordStore, RunStore, type StoreOptions } from "../records/store.js";
import { ablationsOf } from "../studies/ablation/operations.js";
import { loadStudyFiles } from "../studies/from-file.js";
import { conditionsOf, MAIN_STUDIES, studyNames } from "../studies/index.js";
import type { StudyContext } from "../studies/study.js";
import { lacksFile, writeFiles } from "./jobs/after-run.js";
import { batchTask, type TaskPart } from "./jobs/batch-task.js";
import type { BatchCost } from "./jobs/estimate.js";
import { partsOf } from "./jobs/parts.js";
import { mostLatents } from "./jobs/same-latents.js";
import { openLog, type RunLog } from "./log.js";
import { dataNotices } from "./plan/data-notices.js";
import { feasible, leftOutNotice } from "./plan/lone-problems.js";
import { manifestOf } from "./plan/manifest-of.js";
import type { ExperimentOptions } from "./plan/options.js";
import { type ExperimentPlan, inBatches, layoutOf, loadModel, planOf, referenceOf, type Setup } from "./plan/plan.js";
import { questionLengthCheck } from "./plan/question-length.js";
import { RateClock } from "./plan/rate-clock.js";
import { rowsAtOnce, rowsOfFolder } from "./plan/rows-at-once.js";
import { perLevel, sampleProblems } from "./plan/sampling.js";
import { threadsFor } from "./plan/threads.js";
import { loadProblems } from "./problems/load.js";
import type { Problem } from "./problems/problem.js";
import { PROFILE_FILES, writeProfile } from "./profile-report.js";
import type { BatchGuard, Numbered } from "./work/isolation.js";

/** How a run talks and stops. */
export interface RunnerHooks {
  readonly signal: AbortSignal;
  readonly notice: (text: string) => void;
  /**
   * Called after each part, and at most once a second within one, with finished and total items, and how many of them were there
   * before; `ahead`: how many the running part is worth so far, by its planned token-forwards.
   */
  readonly progress: (done: number, total: number, resumed: number, ahead?: number) => void;
  /** Opens the run's folder elsewhere; default: in this process. */
  readonly openStore?: (options: Pick<StoreOptions, "dir" | "fingerprint">) => Promise<RecordStore>;
  /** Decides how a part is computed; default: as a whole. */
  readonly guard?: BatchGuard;
}

/** What a run came to. */
export interface ExperimentOutcome {
  readonly dir: string;
  readonly status: "complete" | "partial" | "interrupted" | "dry-run";
  readonly counts: {
    readonly problems: number;
    readonly records: number;
    readonly failed: number;
    readonly computed: number;
    readonly resumed: number;
  };
  /** Of a dry run; null where something was computed. */
  readonly plan: ExperimentPlan | null;
  readonly seconds: number;
}

/**
 * Runs the experiment, or goes on with it.
 *
 * @throws UsageError, BadInputError, RunFolderError or EnvironmentError; records written before stay.
 */
export async function runExperiment(options: ExperimentOptions, hooks: RunnerHooks): Promise<ExperimentOutcome> {
  const started = Date.now();
  const setup = await prepare(options, options.dryRun ? hooks.notice : undefined);
  const seconds = (): number => (Date.now() - started) / 1000;
  for (const notice of dataNotices(setup)) hooks.notice(notice);
  if (options.dryRun) {
    const plan = planOf(setup);
    return {
      dir: setup.dir,
      status: "dry-run",
      counts: { problems: plan.problems, records: 0, failed: 0, computed: 0, resumed: 0 },
      plan,
      seconds: seconds(),
    };
  }
  const store = await (hooks.openStore?.(setup) ?? openHere(setup, hooks.notice));
  try {
    const notice = leftOutNotice(setup.leftOut);
    if (notice !== null) hooks.notice(notice);
    return await runBatches(setup, store, hooks, seconds);
  } finally {
    store.close();
  }
}

function openHere({ dir, fingerprint, options }: Setup, notice: (text: string) => void): RunStore {
  const { takeOver, fresh } = options;
  probeFolder(dir);
  return RunStore.open({ dir, fingerprint, takeOver, fresh, notice });
}

/** @param onNotice told of the checkpoint; a run that loads the model is told then. */
async function prepare(options: ExperimentOptions, onNotice?: (notice: string) => void): Promise<Setup> {
  const opened = await openCheckpointFolder(options.model, {
    base: options.base,
    strict: options.strict,
    onNotice,
    given: options.protocol === undefined ? [] : ["protocol"],
  });
  await opened.close();
  const { config, codi } = opened;
  const beyond = [...options.layers, options.ablateLayer].find((layer) => layer >= config.layers);
  if (beyond !== undefined)
    throw new UsageError(
      `Layer ${beyond} is out of range: the model has layers 0 to ${config.layers - 1}`,
      "correct --layers or --ablate-layer",
    );
  const protocol = options.protocol ?? codi.protocol;
  const { hasAll } = protocolOf(protocol).studies;
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
  const named = [...options.studies, ...outside.map(({ study }) => study.name)];
  const studies = studyNames(named, { controls, protocol, ...(ablations === undefined ? {} : { ablations }) });
  if (!hasAll && studies.some((name) => !MAIN_STUDIES.includes(name)))
    throw new UsageError(
      `Protocol ${protocol} has the studies ${MAIN_STUDIES.join(" and ")} only, found ${studies.filter((name) => !MAIN_STUDIES.includes(name)).join(", ")}`,
      `use --protocol ${DEFAULT_PROTOCOL} for the others`,
    );
  const maxNewTokens = options.maxNewTokens ?? protocolOf(protocol).maxNewTokens;
  const conditions = conditionsOf(
    studies,
    context,
    outside.map(({ study }) => study),
    controls,
  );
  const most = mostLatents(codi.numLatents, conditions);
  const set = await loadProblems(options.data, {
    onBadRow: options.onBadRow,
    protocol,
    check: questionLengthCheck(opened, maxNewTokens, most),
    ...(options.fields === undefined ? {} : { fields: options.fields }),
  });
  const { problems: total, testMode } = options;
  const sample = sampleProblems(set.problems, perLevel(set.problems, { total, testMode }), options.seed);
  const tokenizer = tokenizerOf(opened);
  const { conditions: ran, leftOut } = feasible(
    conditions,
    { questions: sample.problems.map(({ question }) => question), reference: referenceOf(sample.problems) },
    (question) => promptIdsOf({ tokenizer, codi, eosTokenId: opened.eosTokenId, protocol }, question),
  );
  const threads = options.threads ?? threadsFor(config);
  const engine = await startEngine(options.engine, { threads });
  const fingerprint: Fingerprint = {
    ...(await opened.hashes()),
    dataSha256: set.sha256,
    ...(options.fields === undefined ? {} : { fields: options.fields }),
    problems: sample.problems.map(({ id }) => id),
    protocol,
    dtype: "float32",
    engine: engine.name,
    engineVersion: engine.version,
    layers: options.layers,
    ablateLayer: options.ablateLayer,
    studies,
    ...(outside.length === 0 ? {} : { studyFiles: outside.map(({ sha256 }) => sha256).sort() }),
    ...(controls === hasAll ? {} : { controls }),
    ...(ablations === undefined ? {} : { ablations }),
    seed: options.seed,
    maxNewTokens,
    testMode: options.testMode,
    recordSchema: RECORD_SCHEMA,
  };
  const name = `${basename(resolve(options.model))}-${protocol}-${hashOf(fingerprint).slice(0, 8)}`;
  return {
    options: threads === undefined ? options : { ...options, threads },
    set,
    sample,
    checkpoint: opened,
    engine,
    protocol,
    maxNewTokens,
    fingerprint,
    outside,
    controls,
    conditions: ran,
    leftOut,
    rows: rowsAtOnce(config, options.rows, most + 2 + maxNewTokens),
    dir: resolve(options.out ?? join("results", name)),
  };
}

function keyOf({ fingerprint, protocol, conditions }: Setup, problem: Problem, condition: number): string {
  const { problems: _, ...settings } = fingerprint;
  return hashOf({ ...settings, protocol, condition: conditions[condition], problem });
}

async function runBatches(
  setup: Setup,
  store: RecordStore,
  hooks: RunnerHooks,
  seconds: () => number,
): Promise<ExperimentOutcome> {
  const { problems } = setup.sample;
  const keys = problems.map((problem) => setup.conditions.map((_, condition) => keyOf(setup, problem, condition)));
  const all = keys.flat();
  const resumed = all.filter((key) => store.has(key)).length;
  const isWhole = (): boolean => all.every((key) => store.has(key));
  const isNew = !isWhole();
  const wasComplete = !isNew && store.size === all.length;
  // A run keeps its rows: their number changes the last digits, and a resumed run ends with the same bytes.
  const laidOut: Setup = { ...setup, ...rowsOfFolder(setup, hooks.notice) };
  if (!wasComplete) await store.writeManifest(manifestOf(laidOut, "started", null));
  hooks.progress(resumed, all.length, resumed);
  // A run killed after its last part, or made by a version without it, gets it now.
  if (isNew || lacksFile(setup))
    await logged(setup, hooks, async (log) => {
      const model = await loadModel(setup, hooks.notice);
      try {
        if (isNew) await computeMissing(model, laidOut, store, hooks, { keys, total: all.length, resumed, log });
        if (!hooks.signal.aborted) await writeFiles(model, setup, hooks);
      } finally {
        enterStage(null);
        model.dispose();
      }
    });
  const done = isWhole();
  const { failed } = store;
  const status = done ? (failed > 0 ? "partial" : "complete") : "interrupted";
  if (status !== "interrupted" && !wasComplete) {
    await store.seal(all);
    await store.writeManifest(manifestOf(laidOut, status, seconds()));
  }
  const counts = {
    problems: problems.length,
    records: store.size,
    failed,
    computed: store.size - resumed,
    resumed,
  };
  return { dir: setup.dir, status, counts, plan: null, seconds: seconds() };
}

interface Work {
  readonly keys: readonly (readonly string[])[];
  readonly total: number;
  readonly resumed: number;
  readonly log: RunLog;
}

async function logged(setup: Setup, hooks: RunnerHooks, run: (log: RunLog) => Promise<void>): Promise<void> {
  const log = openLog(setup.dir);
  const { options, protocol, engine } = setup;
  log.logger.info({ command: options.command, protocol, engine: `${engine.name} ${engine.version}` }, "computing");
  try {
    await run(log);
    log.logger.info(hooks.signal.aborted ? "stopped by a signal" : "all parts computed");
  } catch (error) {
    log.logger.error({ message: error instanceof Error ? error.message : String(error) }, "ended with an error");
    throw error;
  } finally {
    log.close();
  }
}

function logPart({ logger }: RunLog, records: readonly ExperimentRecord[]): void {
  logger.info({ problems: [...new Set(records.map(({ problem }) => problem.id))], records: records.length }, "part");
  for (const record of records) {
    if (record.status === "failed")
      logger.warn(
        { problem: record.problem.id, condition: record.condition.name, error: record.error.message },
        "failed",
      );
  }
}

async function computeMissing(
  model: CodiModel,
  setup: Setup,
  store: RecordStore,
  hooks: RunnerHooks,
  work: Work,
): Promise<void> {
  const stopProfile = setup.options.profile ? startProfile() : null;
  if (setup.options.profile && stopProfile === null)
    hooks.notice("--profile records the native engine on the CPU only; this run is not recorded");
  const guard: BatchGuard =
    hooks.guard ??
    ((task) =>
      task.compute(
        task.batch,
        task.conditions.map((each, at) => (task.places.includes(at) ? each : null)),
      ));
  let done = work.resumed;
  const clock = await RateClock.of(model, setup, hooks.notice);
  for (const part of partsOfRun(setup)) {
    if (hooks.signal.aborted) break;
    const keysOf = ({ index }: Numbered): string[] => part.conditions.flatMap((at) => work.keys[index]?.[at] ?? []);
    const missing = new Set(part.problems.flatMap(keysOf).filter((key) => !store.has(key)));
    // A torn part is computed again whole, so that resuming changes no float.
    if (missing.size === 0) continue;
    const onForward = eachSecond(clock.start(part.costs), (share) =>
      hooks.progress(done, work.total, work.resumed, share * missing.size),
    );
    const deadOf = ({ index }: Numbered): ItemError | undefined => killed(store.failureOf(work.keys[index]?.[0] ?? ""));
    const living = part.problems.filter((each) => part.conditions.includes(0) || deadOf(each) === undefined);
    const task = batchTask(model, { ...setup, onForward }, work, { ...part, problems: living }, hooks.notice);
    const items = [
      ...(living.length === 0 ? [] : await guard(task)),
      ...part.problems.flatMap((each) => {
        const error = living.includes(each) ? undefined : deadOf(each);
        return error === undefined ? [] : part.conditions.map((at) => task.failed(each, at, error));
      }),
    ];
    const records = items.map(({ record }) => record).filter(({ key }) => missing.has(key));
    clock.stop();
    await store.append(records);
    logPart(work.log, records);
    done += records.length;
    hooks.progress(done, work.total, work.resumed);
    // Lets a signal's handler run between parts.
    await new Promise((next) => setImmediate(next));
  }
  if (stopProfile === null) clock.keep();
  else {
    for (const line of writeProfile(setup.dir, stopProfile())) hooks.notice(line);
    hooks.notice(`profile: ${PROFILE_FILES.map((file) => join(setup.dir, file)).join(", ")}`);
  }
}

interface PlannedPart extends TaskPart {
  readonly costs: readonly BatchCost[];
}

/** The parts of all batches, in the order in which they run. */
function* partsOfRun(setup: Setup): Generator<PlannedPart> {
  const layout = layoutOf(setup);
  const numbered = setup.sample.problems.map((problem, index) => ({ problem, index }));
  let part = 0;
  for (const batch of inBatches(numbered)) {
    const questions = batch.map(({ problem }) => problem.question);
    for (const { problems, conditions, costs } of partsOf(questions, setup.conditions, layout))
      yield { part: part++, problems: problems.flatMap((place) => batch[place] ?? []), conditions, costs };
  }
}

/** The error of a baseline that killed its process: nothing that is compared with it is tried. */
function killed(error: ItemError | undefined): ItemError | undefined {
  return error?.name === "ProcessDied" ? error : undefined;
}

/** @param planned token-forwards of the whole. @returns what is to be told of each forward; `tell` hears the share at most once a second. */
function eachSecond(planned: number, tell: (share: number) => void): (tokenForwards: number) => void {
  let forwarded = 0;
  let told = performance.now();
  return (tokenForwards) => {
    forwarded += tokenForwards;
    const now = performance.now();
    if (now - told < 1000) return;
    told = now;
    // The plan may be exceeded: answers differ in length, and a batch that failed is computed again.
    tell(Math.min(0.99, forwarded / planned));
  };
}
