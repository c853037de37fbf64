/** What computes: this process, a child of it, or another machine. It owns the engine and the model, and knows nothing of the run. */

import type { StepRate } from "../../model/latent/plan/rates.js";
import type { ProtocolName } from "../../model/latent/protocols/names.js";
import type { EngineChoice, EngineInfo } from "../../model/tensor/engine.js";
import type { Hold } from "../../model/tensor/hold-names.js";
import type { Fingerprint } from "../../records/fingerprint.js";
import type { ExperimentRecord } from "../../records/record.js";
import type { StudyContext } from "../../studies/study.js";
import type { Job } from "../jobs/job.js";
import type { ProtocolFile } from "../plan/protocol-file.js";

/** The engine that is asked for. */
export interface EngineStart {
  readonly choice: EngineChoice;
  /** Of one op; default: the engine's own choice. */
  readonly threads?: number;
}

/** The model that is asked for. */
export interface ModelSource {
  readonly model: string;
  readonly base?: string;
  readonly engine: EngineChoice;
  readonly force: boolean;
  readonly hold?: Hold;
  readonly strict?: boolean;
  readonly protocol?: ProtocolName;
  /** In its place: a protocol of one's own, whose code runs beside the model. */
  readonly protocolFile?: ProtocolFile;
  readonly latents?: number;
  /** Record every op of the engine from then on. */
  readonly profile: boolean;
  /** Studies from outside the package, whose code runs beside the model. */
  readonly outside?: StudyFiles;
}

/** Study files, and what tells that they are the same as when the run was planned. */
export interface StudyFiles {
  readonly files: readonly string[];
  readonly context: StudyContext;
  /** SHA-256 of the files, sorted. */
  readonly hashes: readonly string[];
}

/** A run whose records are all in its folder. */
export interface FinishedRun {
  readonly dir: string;
  readonly fingerprint: Pick<Fingerprint, "seed" | "studies">;
  /** Files that are wanted; default: all that its studies make. */
  readonly files?: readonly string[];
}

/** One question at a time, each answered or refused. All throw `WorkerDied` where the worker is gone; the next one starts another. */
export interface Worker {
  /** Starts the engine. The first of all questions, also after a death. */
  start(engine: EngineStart): Promise<EngineInfo>;
  load(model: ModelSource): Promise<void>;
  /** @param onForward called now and then with the token-forwards since the last time. */
  compute(job: Job, onForward: (tokenForwards: number) => void): Promise<readonly ExperimentRecord[]>;
  /** Times single steps of the model. */
  measureSteps(): Promise<StepRate[]>;
  /** Writes what was recorded into a folder. @returns lines to show; none where nothing was recorded. */
  writeProfile(dir: string): Promise<readonly string[]>;
  /** Writes what studies make of all records. */
  afterRun(run: FinishedRun): Promise<void>;
  /** The most memory that it had, in bytes. */
  peakMemory(): Promise<number>;
  /** Lets go of the model and of the process, if it is one of its own. */
  close(): void;
}

/** What hears of events in a worker. */
export interface WorkerHooks {
  readonly notice: (text: string) => void;
  readonly signal?: AbortSignal;
  /** Of the worker's process, beside this one's. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** The worker's process ended, or nothing that it holds can be relied on. */
export class WorkerDied extends Error {
  override readonly name = "WorkerDied";

  /** @param reason the signal's name, the exit code in words, or what else ended it. */
  constructor(readonly reason: string) {
    super(`The computing process ended by ${reason}`);
  }
}

/** What most often ends a computing process. */
export const MEMORY_HINT =
  "most often this is too little memory: close other programs, raise the limit, or use a machine with more; then run the same command again: it goes on where it stopped";
