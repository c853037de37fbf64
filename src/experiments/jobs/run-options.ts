/** How the runs of an experiment are computed, with what its studies ask them to keep. */

import type { SourceRun } from "../../model/hooks/bound.js";
import type { RecordEngine } from "../../records/record.js";
import { extrasOf } from "../../studies/extras.js";
import { readStudies } from "../../studies/index.js";
import type { ReadPlan, Reads, RunReads } from "../../studies/read-context.js";
import type { Study, StudyCondition } from "../../studies/study.js";
import type { RunOptions } from "./run-study-conditions.js";

/** What all runs of an experiment have in common, as data. */
export interface RunSettings {
  readonly protocol: ReadPlan["protocol"];
  /** What computes, where it is a GPU that names itself. */
  readonly engine?: RecordEngine;
  readonly seed: number;
  readonly ablateLayer: number;
  /** Layers whose attention is recorded. */
  readonly layers: readonly number[];
  readonly maxNewTokens: number;
  /** Rows that are computed at once. */
  readonly rows: number;
  /** All studies of the run, by name. */
  readonly studies: readonly string[];
  /** Problems of the run. */
  readonly problems: number;
  /** Questions that other problems draw on; a place here is the `index` of its problem. */
  readonly reference: readonly string[];
  /** Studies read every problem, also those that read some of them otherwise. */
  readonly wholeSample?: true;
}

/** Runs by the name that interventions refer to: one for all problems, or one a problem by its place in the run. */
export type Sources = Readonly<Record<string, SourceRun | readonly SourceRun[]>>;

/** What else a worker knows. */
export interface RunContext {
  /** Blocks of the model. */
  readonly depth: number;
  /** Studies from outside the package. */
  readonly outside?: readonly Study[];
  /** Runs that interventions read, by name. */
  readonly sources?: Sources;
  /** Called after each forward with its token-forwards. */
  readonly onForward?: (tokenForwards: number) => void;
}

/** The studies that read the runs: the baseline's own first. */
export function studiesOfRun({ studies }: Pick<RunSettings, "studies">, outside: readonly Study[] = []): Study[] {
  return readStudies(studies, outside);
}

/** How answers and scores are computed. */
export function answerOptions(settings: RunSettings, context: RunContext): RunOptions {
  const { ablateLayer, maxNewTokens, rows, seed, reference } = settings;
  const { onForward, outside = [] } = context;
  return {
    ablateLayer,
    maxNewTokens,
    rowsPerBatch: rows,
    ...(onForward === undefined ? {} : { onForward }),
    seed,
    reference,
    ...(outside.length === 0 ? {} : { extras: extrasOf(outside) }),
    ...joined(readsOf(settings, context).map(({ every }) => every)),
  };
}

/** What is read of a baseline whose own record is kept, and of the conditions beside it. */
export function keptReads(settings: RunSettings, context: RunContext): RunReads {
  return joined(readsOf(settings, context).flatMap(({ every, baseline, compared }) => [every, baseline, compared]));
}

/** What is read of a baseline that only stands beside its conditions: what they are compared by. */
export function comparedReads(
  settings: RunSettings,
  conditions: readonly StudyCondition[],
  context: RunContext,
): RunReads {
  const names = new Set(conditions.map(({ study }) => study));
  return joined(
    readsOf(settings, context).flatMap(({ every, compared, of }) => [every, names.has(of) ? compared : undefined]),
  );
}

/** RunReads once a study: a function may make its readings anew each time, and those of one call belong together. */
function readsOf(settings: RunSettings, { depth, outside }: RunContext): (Reads & { readonly of: string })[] {
  const plan: ReadPlan = { layers: settings.layers, depth, protocol: settings.protocol };
  return studiesOfRun(settings, outside).map((study) => ({ ...study.reads?.(plan), of: study.name }));
}

/** What several studies ask for, as one: lists are united, and what one of them wants is kept. */
function joined(all: readonly (RunReads | undefined)[]): RunReads {
  const wanted: Record<string, unknown> = {};
  for (const [name, value] of all.flatMap((reads) => Object.entries(reads ?? {}))) {
    const known = wanted[name];
    if (Array.isArray(known) && Array.isArray(value)) wanted[name] = [...new Set([...known, ...value])];
    // `true` is more than `"clean"`, and both are more than `false`.
    else if (known !== true && value !== undefined && (known === undefined || value !== false)) wanted[name] = value;
  }
  return wanted;
}
