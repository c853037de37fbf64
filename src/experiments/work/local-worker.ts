/** A worker in this process. */

import { RunFolderError } from "../../base/errors.js";
import { CodiModel } from "../../model/latent/codi-model.js";
import type { StepRate } from "../../model/latent/plan/rates.js";
import type { EngineInfo } from "../../model/tensor/engine.js";
import { startEngine } from "../../model/tensor/engines/start.js";
import { enterStage, startProfile } from "../../model/tensor/profile.js";
import type { ExperimentRecord } from "../../records/record.js";
import { loadStudyFiles, type OutsideStudy } from "../../studies/from-file.js";
import { writeFiles } from "../jobs/after-run.js";
import { compute } from "../jobs/compute.js";
import type { Job } from "../jobs/job.js";
import { loadSameProtocol } from "../plan/protocol-file.js";
import { writeProfile } from "../profile-report.js";
import type { EngineStart, FinishedRun, ModelSource, StudyFiles, Worker, WorkerHooks } from "./worker.js";

/** Computes with the one engine of this process. */
export class LocalWorker implements Worker {
  #model: CodiModel | null = null;
  #outside: readonly OutsideStudy[] = [];
  #stopProfile: ReturnType<typeof startProfile> = null;

  constructor(readonly hooks: WorkerHooks) {}

  start({ choice, threads }: EngineStart): Promise<EngineInfo> {
    return startEngine(choice, { threads });
  }

  async load({ model, profile, outside, protocolFile, ...options }: ModelSource): Promise<void> {
    // Before the studies, whose conditions may ask what it is like.
    const own = protocolFile === undefined ? {} : { protocol: (await loadSameProtocol(protocolFile)).protocol };
    this.#outside = outside === undefined ? [] : await loadSame(outside);
    this.#model = await CodiModel.load(model, { ...options, ...own, onNotice: this.hooks.notice });
    if (!profile) return;
    this.#stopProfile = startProfile();
    if (this.#stopProfile === null)
      this.hooks.notice("--profile records the native engine on the CPU only; this run is not recorded");
  }

  compute(job: Job, onForward: (tokenForwards: number) => void): Promise<readonly ExperimentRecord[]> {
    const outside = this.#outside.map(({ study }) => study);
    return compute(this.#loaded, job, { notice: this.hooks.notice, onForward, outside });
  }

  measureSteps(): Promise<StepRate[]> {
    return this.#loaded.measureSteps();
  }

  async writeProfile(dir: string): Promise<readonly string[]> {
    return this.#stopProfile === null ? [] : writeProfile(dir, this.#stopProfile());
  }

  afterRun(run: FinishedRun): Promise<void> {
    const { notice, signal = new AbortController().signal } = this.hooks;
    return writeFiles(this.#loaded, { ...run, outside: this.#outside }, { notice, signal });
  }

  async peakMemory(): Promise<number> {
    return process.resourceUsage().maxRSS * 1024;
  }

  close(): void {
    enterStage(null);
    this.#model?.dispose();
    this.#model = null;
  }

  get #loaded(): CodiModel {
    if (this.#model === null) throw new RangeError("A worker was asked before it had loaded its model");
    return this.#model;
  }
}

/** @throws RunFolderError where a file is not what it was when the run was planned. */
async function loadSame({ files, context, hashes }: StudyFiles): Promise<OutsideStudy[]> {
  const loaded = await loadStudyFiles(files, context);
  const found = loaded.map(({ sha256 }) => sha256).sort();
  if (found.join() === hashes.join()) return loaded;
  throw new RunFolderError(
    `A study file changed after the run was planned: ${files.join(", ")}`,
    "leave it alone, and start again with another --out",
  );
}
