/** `--control-model`: the same plan on another model, in a folder below the run's. */

import { join } from "node:path";
import { UsageError } from "../base/errors.js";
import type { ExperimentOptions } from "../experiments/plan/options.js";
import { CONTROL_FOLDER } from "../records/control-folder.js";
import { controlOfEmbedded } from "./defaults.js";
import { modelFolder, type Shown } from "./models.js";

/** What names the models. */
interface Named extends Shown {
  readonly model?: string;
  readonly protocol?: string;
  /** False where none is wanted. */
  readonly controlModel?: string | false;
}

/** What else the command line asks for. */
interface Asked {
  /** Options that a control cannot go with, where they are given. */
  readonly shard: unknown;
  readonly queue: unknown;
}

/**
 * The folder of the control model; null where none is to be run.
 *
 * @throws UsageError where it is asked for with what computes a run in pieces.
 */
export async function namedControl(flags: Named, { shard, queue }: Asked): Promise<string | null> {
  const { controlModel, model, protocol } = flags;
  const pieces = shard !== undefined ? "--shard" : queue !== null ? "--queue" : null;
  if (controlModel === false) return null;
  if (controlModel === undefined) {
    const own = protocol === undefined && pieces === null ? controlOfEmbedded(model) : null;
    return own === null ? null : modelFolder(own, flags);
  }
  if (pieces !== null)
    throw new UsageError(
      `--control-model runs two models one after the other, and ${pieces} computes pieces of one`,
      `run the control by itself: --model ${controlModel} --out RUN/${CONTROL_FOLDER}, and then codilens analyze RUN`,
    );
  return modelFolder(controlModel, flags);
}

/** The same plan on the control: its protocol is what its own files say. @param dir of the run that it is a control of. */
export function controlOptions(
  options: ExperimentOptions,
  { control, dir }: { readonly control: string; readonly dir: string },
): ExperimentOptions {
  const { base: _, protocol: __, protocolFile: ___, ...same } = options;
  return { ...same, model: control, out: join(dir, CONTROL_FOLDER) };
}
