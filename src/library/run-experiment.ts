/** `codilens experiment` for a script: the same run, without a terminal. */

import { basename, resolve } from "node:path";
import { UsageError } from "../base/errors.js";
import { didYouMean } from "../base/nearest.js";
import { packageVersion } from "../disk/package-version.js";
import { EXPERIMENT_DEFAULTS } from "../experiments/plan/defaults.js";
import type { ExperimentOptions } from "../experiments/plan/options.js";
import { isProtocolFile } from "../experiments/plan/protocol-file.js";
import type { ExperimentOutcome } from "../experiments/runner.js";
import { folderOfModel } from "../model/checkpoint/model-names.js";
import { isBuiltIn, PROTOCOL_NAMES, type ProtocolName } from "../model/latent/protocols/names.js";
import { isStudyFile } from "../studies/outside/program.js";
import { STUDY_NAMES } from "../studies/stories.js";
import { dataFileOf } from "./problems.js";

/**
 * What an experiment is asked for: the options of the command, with its defaults. `model` is a name or a folder, `data` a file or a model
 * that brings problems; among `studies` are names, and paths of studies of your own.
 */
export type ExperimentSettings = Partial<
  Omit<ExperimentOptions, "studyFiles" | "protocol" | "protocolFile" | "command" | "version">
> & {
  /** A name of the package's, or the path of a file with a protocol of your own (docs/protocols.md). */
  readonly protocol?: ProtocolName | (string & Record<never, never>);
};

/** How far an experiment is. */
export interface ExperimentProgress {
  /** Records that are there, those of an earlier run into the same folder included. */
  readonly done: number;
  readonly total: number;
}

/** Who follows an experiment. */
export interface ExperimentRunOptions {
  /** Hears how far it is, after each batch and at most once a second within one. */
  readonly onProgress?: (progress: ExperimentProgress) => void;
  /** Hears what the command writes to stderr, a line each. */
  readonly onNotice?: (text: string) => void;
  /** Stops the run after the batch in work; its records stay, and the same call goes on. */
  readonly signal?: AbortSignal;
}

const DEFAULT_MODEL = "tiny-codi";

/**
 * Runs an experiment as the command does: in a process of its own, record by record into a folder, from where it stopped. Without options
 * it is the command without options. `analyzeRun` of `codilens/analysis` then makes figures and report of the folder, as the command does.
 *
 * @returns status, counts and folder of the run; `interrupted` is one that was aborted.
 * @throws UsageError, BadInputError, RunFolderError or EnvironmentError, as the command does.
 * @example
 * ```ts
 * const run = await runExperiment({ problems: 4, dryRun: true });
 * run.plan?.problems // → 4
 * ```
 */
export async function runExperiment(
  settings: ExperimentSettings = {},
  { onProgress, onNotice = () => undefined, signal }: ExperimentRunOptions = {},
): Promise<ExperimentOutcome> {
  const options = await completed(settings, onNotice);
  // Most scripts run no experiment, and its coordinator is half of what the package would load.
  const { runApart } = await import("../experiments/work/run-apart.js");
  return runApart(options, {
    signal: signal ?? new AbortController().signal,
    notice: onNotice,
    progress: (done, total, { ahead = 0 }) => onProgress?.({ done: done + Math.floor(ahead), total }),
  });
}

async function completed(settings: ExperimentSettings, onNotice: (text: string) => void): Promise<ExperimentOptions> {
  const { model = DEFAULT_MODEL, base, data, studies = [], protocol, ...others } = settings;
  const unknown = studies.find((name) => !isStudyFile(name) && !STUDY_NAMES.includes(name));
  if (unknown !== undefined)
    throw new UsageError(
      `There is no study "${unknown}"${didYouMean(unknown, STUDY_NAMES)}`,
      `this version has ${STUDY_NAMES.join(", ")}; a file is written as ./study.mjs`,
    );
  if (protocol !== undefined && !isBuiltIn(protocol) && !isProtocolFile(protocol))
    throw new UsageError(
      `There is no protocol "${protocol}"${didYouMean(protocol, PROTOCOL_NAMES)}`,
      `this version has ${PROTOCOL_NAMES.join(", ")}; a file is written as ./protocol.mjs`,
    );
  const [, script] = process.argv;
  return {
    ...EXPERIMENT_DEFAULTS,
    ...others,
    model: await folderOfModel(model, { onNotice }),
    ...(base === undefined ? {} : { base: await folderOfModel(base, { onNotice }) }),
    ...(protocol === undefined ? {} : isBuiltIn(protocol) ? { protocol } : { protocolFile: resolve(protocol) }),
    data: dataFileOf(data ?? DEFAULT_MODEL),
    studies: studies.filter((name) => !isStudyFile(name)),
    studyFiles: studies.filter(isStudyFile).map((file) => resolve(file)),
    command: `runExperiment${script === undefined ? "" : ` in ${basename(script)}`}`,
    version: packageVersion(),
  };
}
