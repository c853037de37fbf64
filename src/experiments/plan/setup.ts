/** Everything that is known of a run before the first forward, by who asks for it. */

import type { Checkpoint } from "../../model/checkpoint/load.js";
import type { TokenizerParts } from "../../model/latent/load/tokenizer-of.js";
import type { AnyProtocol } from "../../model/latent/protocols/names.js";
import type { EngineInfo } from "../../model/tensor/engine.js";
import type { Fingerprint } from "../../records/fingerprint.js";
import type { OutsideStudy } from "../../studies/from-file.js";
import type { StudyCondition, StudyContext } from "../../studies/study.js";
import type { ProblemSet } from "../problems/problem.js";
import type { CrewSize } from "./crew-size.js";
import type { RunLayers } from "./defaults.js";
import type { LeftOut } from "./lone-problems.js";
import type { ExperimentOptions } from "./options.js";
import type { RateSubject } from "./rate-cache.js";
import type { Sample } from "./sampling.js";

/** A run that was prepared. */
export interface Setup {
  /** With the layers, and the threads of each worker, that were settled. */
  readonly options: ExperimentOptions & RunLayers & { readonly threads: number };
  readonly data: RunData;
  readonly model: RunModel;
  readonly studies: RunStudies;
  readonly fingerprint: Fingerprint;
  readonly dir: string;
  /** Rows that are computed at once. */
  readonly rows: number;
  /** Problems that are packed into batches together. */
  readonly batchProblems: number;
  /** Processes of this machine that compute side by side, at most. */
  readonly crew: CrewSize;
}

/** The data file and what was drawn from it. */
export interface RunData {
  readonly set: ProblemSet;
  readonly sample: Sample;
}

/** What computes: the checkpoint without its weights, the loop that runs it, and the engine. */
export interface RunModel {
  readonly checkpoint: Pick<
    Checkpoint,
    "config" | "codi" | "because" | "eosTokenId" | "dtype" | "name" | "plan" | "assumed" | "hashes"
  > &
    TokenizerParts;
  readonly protocol: AnyProtocol;
  readonly engine: EngineInfo;
}

/** What is done to the model. */
export interface RunStudies {
  /** The baseline first. */
  readonly conditions: readonly StudyCondition[];
  /** What a run of these problems cannot have. */
  readonly leftOut: readonly LeftOut[];
  /** Studies from files outside the package. */
  readonly outside: readonly OutsideStudy[];
  /** What the conditions were made for. */
  readonly context: StudyContext;
  readonly controls: boolean;
}

/** What this run's step rates depend on. */
export function rateSubject({ model, options }: Pick<Setup, "model" | "options">): RateSubject {
  return { config: model.checkpoint.config, engine: model.engine, threads: options.threads };
}
