/**
 * The coordinator of a run: plans it into jobs, hands them to workers, keeps the records job by job, resumes where it stopped. It loads no
 * engine; what computes may die.
 */

import { CONTROL_FOLDER } from "../records/control-folder.js";
import { engineText } from "../records/engine-text.js";
import type { Manifest } from "../records/manifest.js";
import type { Shard } from "../records/shard.js";
import { probeFolder, RunStore, readManifest } from "../records/store.js";
import { lackingFiles, lacksFile, madeFiles } from "./jobs/after-run.js";
import { recordKeys } from "./jobs/plan-jobs.js";
import { openLog, type RunLog } from "./log.js";
import { dataNotices } from "./plan/data-notices.js";
import { planNotes } from "./plan/lacking.js";
import { leftOutNotices } from "./plan/lone-problems.js";
import { manifestOf, type RunState } from "./plan/manifest-of.js";
import type { ExperimentOptions } from "./plan/options.js";
import { type ExperimentPlan, planOf } from "./plan/plan.js";
import { oneWorkerNotice, prepare } from "./plan/prepare.js";
import { rowsOfFolder } from "./plan/rows-at-once.js";
import type { Setup } from "./plan/setup.js";
import { threadsOfFolder } from "./plan/threads-of-folder.js";
import type { RunnerHooks } from "./runner-hooks.js";
import { shareOf } from "./shards/share.js";
import { checkSiblings, holdsShards } from "./shards/siblings.js";
import { computeMissing, type Helpers } from "./work/compute-missing.js";
import { HeldWorker } from "./work/held-worker.js";
import { WorkerDied } from "./work/worker.js";
import { writeLast } from "./work/write-last.js";

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
  /** Where only this part of the run was asked for. */
  readonly shard?: Shard;
  /** Of a dry run; null where something was computed. */
  readonly plan: ExperimentPlan | null;
  readonly seconds: number;
}

/**
 * Runs the experiment, or goes on with it.
 *
 * @throws UsageError, BadInputError, RunFolderError or EnvironmentError, the last also where the worker dies outside of any job or at
 *   three problems in a row; records written before stay.
 */
export async function runExperiment(options: ExperimentOptions, hooks: RunnerHooks): Promise<ExperimentOutcome> {
  const run = new Run(options, hooks);
  try {
    return await run.run();
  } catch (error) {
    if (!(error instanceof WorkerDied)) throw error;
    if (await run.held.isStopped(error)) return run.outcome("interrupted");
    throw run.held.outsideOfJobs(error);
  } finally {
    run.close();
  }
}

/** Whether a run has come to its end. */
function isEnded(manifest: Manifest | null): boolean {
  return manifest?.status === "complete" || manifest?.status === "partial";
}

class Run {
  readonly held: HeldWorker;
  readonly #started = Date.now();
  #setup: Setup | null = null;
  #store: RunStore | null = null;
  #resumed = 0;

  constructor(
    readonly options: ExperimentOptions,
    readonly hooks: RunnerHooks,
  ) {
    this.held = new HeldWorker(options, { ...hooks, worker: hooks.crew.lead });
    // A second signal ends this process at once; its folder is let go of then.
    process.once("exit", this.#release);
  }

  async run(): Promise<ExperimentOutcome> {
    const { options, hooks, held } = this;
    const setup = await prepare(options, {
      startEngine: ({ threads, workers }) => {
        const engine = held.start(threads);
        if (!options.dryRun && workers > 1)
          hooks.crew.expect?.(workers - 1, { choice: options.engine, threads }, engine);
        return engine;
      },
      ...(options.dryRun ? { notice: hooks.notice } : {}),
    });
    this.#setup = setup;
    for (const notice of dataNotices({ options, ...setup.data, ...setup.model })) hooks.notice(notice);
    const fewer = oneWorkerNotice(setup);
    if (fewer !== null) hooks.notice(fewer);
    for (const note of planNotes({ ...setup.model, ...setup.model.checkpoint })) hooks.notice(note);
    for (const notice of leftOutNotices(setup.studies.leftOut)) hooks.notice(notice);
    if (options.dryRun) return this.outcome("dry-run", planOf(setup));
    const { dir, fingerprint } = setup;
    const { takeOver, fresh } = options;
    checkSiblings(setup);
    probeFolder(dir);
    if (options.shard === undefined && readManifest(dir) === null && holdsShards(dir))
      hooks.notice(`${dir} holds shards: codilens merge puts them together; the whole run is computed beside them`);
    const store = RunStore.open({
      ...{ dir, fingerprint, takeOver, fresh },
      ...{ made: madeFiles(), below: [CONTROL_FOLDER] },
      notice: hooks.notice,
    });
    this.#store = store;
    // A run keeps its rows and threads: their numbers change the last digits, and a resumed run ends with the same bytes.
    const kept = threadsOfFolder({ ...setup, ...rowsOfFolder(setup, hooks.notice) }, hooks.notice);
    if (kept.crew.threads !== setup.crew.threads) await held.start(kept.crew.threads);
    return this.#finish(kept, store);
  }

  close(): void {
    this.#release();
    process.off("exit", this.#release);
    this.hooks.crew.close();
  }

  outcome(status: ExperimentOutcome["status"], plan: ExperimentPlan | null = null): ExperimentOutcome {
    const records = this.#store?.size ?? 0;
    const resumed = this.#resumed;
    const counts = {
      problems: this.#setup?.data.sample.problems.length ?? 0,
      records,
      failed: this.#store?.failed ?? 0,
      computed: records - resumed,
      resumed,
    };
    const { shard } = this.options;
    return {
      dir: this.#setup?.dir ?? "",
      status,
      counts,
      ...(shard === undefined ? {} : { shard }),
      plan,
      seconds: this.#seconds(),
    };
  }

  readonly #release = (): void => this.#store?.close();

  #seconds(): number {
    return (Date.now() - this.#started) / 1000;
  }

  async #finish(setup: Setup, store: RunStore): Promise<ExperimentOutcome> {
    const { hooks, held } = this;
    const keys = recordKeys(setup);
    const share = shareOf(setup, keys);
    const all = share.keys;
    const isShard = setup.options.shard !== undefined;
    const isWhole = (): boolean => all.every((key) => store.has(key));
    this.#resumed = all.filter((key) => store.has(key)).length;
    const isNew = !isWhole();
    // One that was killed before it could say so is sealed now.
    const wasComplete = isEnded(readManifest(setup.dir)) && !isNew && store.size === all.length;
    const records = all.length;
    let helpers: Helpers = { workers: 0, peakMemoryBytes: 0 };
    const begun = { status: "started", seconds: null, records } as const;
    if (!wasComplete) await this.#writeManifest(setup, store, { ...begun, helpers });
    // Of two shards that began at once, one at least sees the other now.
    if (!wasComplete) checkSiblings(setup);
    hooks.progress(this.#resumed, all.length, { resumed: this.#resumed });
    const { dir, fingerprint, studies } = setup;
    // A run killed after its last job, or made by a version without it, gets it now.
    // What is made of all records is none of a shard's.
    const last = { dir, fingerprint, outside: studies.outside };
    const hasMore = (): boolean => !isShard && lacksFile(last);
    if (isNew || hasMore())
      await this.#logged(setup, async (log) => {
        if (isNew) helpers = await computeMissing(setup, { store, log, keys, share }, { ...hooks, held, hasMore });
        if (hooks.signal.aborted || !hasMore()) return;
        await held.join(setup);
        const { crew } = hooks;
        await writeLast({ dir, fingerprint: { ...fingerprint } }, (isShared) => lackingFiles(last, { isShared }), {
          ...{ lead: crew.lead, besides: crew.besides?.() ?? [] },
          onMade: (files, place) => log.logger.info({ files, worker: place + 1 }, "made"),
        });
      });
    const status = !isWhole() ? "interrupted" : store.failed > 0 ? "partial" : "complete";
    if (status !== "interrupted" && !wasComplete) {
      store.seal(all);
      await this.#writeManifest(setup, store, { status, seconds: this.#seconds(), records, helpers });
    }
    if (status !== "interrupted" && !isShard) hooks.onWhole?.(store.inOrder(all));
    return this.outcome(status);
  }

  async #writeManifest(
    setup: Setup,
    store: RunStore,
    { helpers, ...state }: Omit<RunState, "workers" | "peakMemoryBytes"> & { readonly helpers: Helpers },
  ): Promise<void> {
    const peakMemoryBytes = helpers.peakMemoryBytes + (await this.hooks.crew.lead.peakMemory());
    store.writeManifest(manifestOf(setup, { ...state, workers: helpers.workers + 1, peakMemoryBytes }));
  }

  async #logged(setup: Setup, run: (log: RunLog) => Promise<void>): Promise<void> {
    const log = openLog(setup.dir);
    const { protocol, engine } = setup.model;
    log.logger.info({ command: this.options.command, protocol, engine: engineText(engine) }, "computing");
    try {
      await run(log);
      log.logger.info(this.hooks.signal.aborted ? "stopped by a signal" : "all parts computed");
    } catch (error) {
      if (error instanceof WorkerDied && (await this.held.isStopped(error))) log.logger.info("stopped by a signal");
      else log.logger.error({ message: error instanceof Error ? error.message : String(error) }, "ended with an error");
      throw error;
    } finally {
      log.close();
    }
  }
}
