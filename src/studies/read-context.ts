/** What a study is given when it reads and measures runs, and what it gives back. */

import type { Intervention } from "../model/hooks/interventions.js";
import type { Expected } from "../model/latent/answer/kind.js";
import type { CodiModel } from "../model/latent/codi-model.js";
import type { AnyProtocol } from "../model/latent/protocols/names.js";
import type { CommonOptions, RunResult } from "../model/latent/run-types.js";
import type { StudyCondition } from "./condition.js";
import type { RecordFields } from "./fields.js";
import type { Patched } from "./patching/record.js";
import type { PlannedReading } from "./planned-reading.js";
import type { StudyRecord } from "./shared/rows.js";
import type { SizedProblem, Work, WorkFacts } from "./work.js";

/** What is known of a run before its first forward. */
export interface ReadPlan {
  /** Layers that were asked for (`--layers`). */
  readonly layers: readonly number[];
  /** Blocks of the model. */
  readonly depth: number;
  readonly protocol: AnyProtocol;
}

/** What a run can keep beside its answer and scores. */
export type RunReads = Pick<
  CommonOptions,
  | "attentionLayers"
  | "capture"
  | "components"
  | "flowLayers"
  | "latentStates"
  | "lens"
  | "readingLayers"
  | "scoreFirstToken"
> & {
  /** Readings of its own; what they give is in `result.readings`, by their names. */
  readonly readings?: readonly PlannedReading[];
};

/** What a study asks the runs to keep. Lists of several studies are joined. */
export interface Reads {
  /** Of every run of the experiment. */
  readonly every?: RunReads;
  /** Of the baseline, for `read`. */
  readonly baseline?: RunReads;
  /** Of a baseline that conditions of this study are compared with, for `measure`. */
  readonly compared?: RunReads;
}

/** One problem, as far as studies need it. */
export interface StudyProblem {
  readonly id: string;
  readonly question: string;
  readonly expected: Expected;
  /** Values of the solution's steps in order; null keeps the place of one whose value is unknown. */
  readonly steps?: readonly (number | null)[];
  /** The marked steps as they stand: `48/2=24`. */
  readonly equations?: readonly string[];
  /** A question of the same token length whose run is patched into this one's. */
  readonly counterfactual?: string;
}

/** A problem and its place in the sample. */
export interface NumberedProblem {
  readonly problem: StudyProblem;
  readonly index: number;
}

/** What is known when a run is planned: the tokenizer, but no model. */
export interface PlanFacts {
  readonly seed: number;
  /** Token ids of a question's prompt. */
  readonly promptOf: (question: string) => readonly number[];
}

/** What holds for the whole experiment. */
export interface RunFacts {
  readonly seed: number;
  readonly maxNewTokens: number;
  /** The layer at whose output latents are changed, where a study names no other (`--ablate-layer`). */
  readonly ablateLayer: number;
  /** Problems of the run. */
  readonly problems: number;
  /** Questions that `mean` and `resample` draw on: those of the first problems, in their order. */
  readonly reference: readonly string[];
  /** Every problem is read, also by studies that read some of them otherwise (`--whole-sample`). */
  readonly wholeSample?: true;
  /** Shows one line to the user. */
  readonly notice: (text: string) => void;
  /** Called after each forward with the token positions that it computed. */
  readonly onForward?: (tokenForwards: number) => void;
}

/** A problem with what its study drafted for it. */
export interface DraftedProblem extends NumberedProblem {
  readonly draft?: unknown;
}

/** A finished run without intervention. */
export interface CleanRun extends DraftedProblem {
  readonly result: RunResult;
}

/** What `read` is given: the finished baselines of one batch. */
export interface ReadContext {
  readonly model: CodiModel;
  readonly runs: readonly CleanRun[];
  readonly facts: RunFacts;
}

/** What `measure` is given: one problem under one condition, and without it. */
export interface MeasuredRun {
  readonly problem: StudyProblem;
  readonly condition: StudyCondition;
  /** What was done in this question; empty where it has nothing of the kind. */
  readonly interventions: readonly Intervention[];
  readonly result: RunResult;
  readonly baseline: RunResult;
  /** Heads of each block. */
  readonly heads: number;
}

/** What `compute` is given. */
export interface ComputeContext {
  readonly model: CodiModel;
  readonly problems: readonly DraftedProblem[];
  /** Those of the study that are wanted. */
  readonly conditions: readonly StudyCondition[];
  readonly facts: RunFacts;
}

/** What became of one condition that its study ran itself. */
export type Computed =
  | { readonly patched: Patched }
  | { readonly error: { readonly name: string; readonly message: string } };

/** A baseline's record, as far as studies need it. */
export interface BaselineRecord extends Partial<RecordFields> {
  readonly problem: {
    readonly id: string;
    readonly index: number;
    readonly steps?: readonly (number | null)[] | undefined;
  };
}

/** What is given to `make`. */
export interface AfterRunContext {
  readonly model: CodiModel;
  readonly seed: number;
  readonly notice: RunFacts["notice"];
  /** In no particular order. */
  readonly baselines: readonly BaselineRecord[];
  /** The study's own records that did not fail, in the order of the problems. */
  readonly own: readonly StudyRecord[];
  readonly signal: AbortSignal;
}

/** A file that is made in parts, none of which needs another. */
export interface AfterRunParts {
  readonly count: number;
  /** @returns what is written as JSON until all are there. */
  readonly make: (context: AfterRunContext, place: number) => Promise<object>;
  /** @param parts in their order, as they were written. @returns what `make` of the whole gives. */
  readonly join: (parts: readonly object[], hooks: Pick<AfterRunContext, "notice">) => object;
}

/** A file that is made of all records at the end of a run, while the model is loaded. */
export interface AfterRun {
  /** Its name in the run's folder. */
  readonly file: string;
  /** @returns what is written as JSON. @throws the signal's reason where it was aborted meanwhile: then nothing is written. */
  readonly make: (context: AfterRunContext) => Promise<object>;
  /** The same in parts, which workers share out; default: it is made in one. */
  readonly inParts?: AfterRunParts;
  /** What that computes, for the plan's time; default: nothing. @param problems of the run. */
  readonly work?: (facts: WorkFacts, problems: readonly SizedProblem[]) => readonly Work[];
}
