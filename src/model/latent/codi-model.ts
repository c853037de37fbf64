/** Loading a model on Node: by a folder's path or a name, on an engine that is started, or set up, for it. */

import { UsageError } from "../../base/errors.js";
import { openFolder } from "../checkpoint/folder.js";
import { type Checkpoint, openCheckpoint } from "../checkpoint/load.js";
import { folderOfModel, type NameOptions } from "../checkpoint/model-names.js";
import type { CheckpointFiles } from "../checkpoint/source.js";
import { described } from "../hooks/described.js";
import { knownOptions } from "../hooks/option-names.js";
import { ENGINE_CHOICES, type EngineChoice } from "../tensor/engine-names.js";
import { startEngine } from "../tensor/engines/start.js";
import { HOLDS } from "../tensor/hold-names.js";
import { LatentModel } from "./latent-model.js";
import { checkMemory } from "./load/memory.js";
import {
  checkedCheckpoint,
  type FileLoadOptions,
  type ModelParts,
  modelParts,
  openOptions,
} from "./load/model-parts.js";
import { threadsFor } from "./load/threads.js";
import { namedProtocol } from "./protocols/own.js";

/** Options of `CodiModel.load`. */
export interface LoadOptions extends Omit<FileLoadOptions, "base" | "onProgress"> {
  readonly engine?: EngineChoice;
  /**
   * Threads of one op of the native engine, and ops at a time. The default is the commands' own: one thread for a small model, where
   * waking another takes longer than its share of the work; otherwise as many as the engine wants. An engine is started once, so the
   * first model of a process decides.
   */
  readonly threads?: number;
  /** The base model, by the same kinds of names: for an adapter, and for a checkpoint that comes without configuration or tokenizer. */
  readonly base?: string | CheckpointFiles;
  /** Load even where the memory does not seem to suffice. */
  readonly force?: boolean;
  /** Is given how far the load is, and each line of the engine's set-up, which otherwise go to stderr. */
  readonly onProgress?: NonNullable<FileLoadOptions["onProgress"]>;
}

/** A CODI model on Node: answers questions through its latents, and lets every activation be read and replaced. */
export class CodiModel extends LatentModel {
  /**
   * Loads a model by its name, which is a folder's path, `tiny-codi` (embedded) or `hub:OWNER/NAME@REVISION`; or from files' bytes.
   *
   * @throws BadInputError naming file, tensor, what was found and what was wanted; EnvironmentError when no engine can start.
   * @example
   * ```ts
   * const model = await CodiModel.load("tiny-codi");
   * model.codi.numLatents; // → 6
   * ```
   */
  static override async load(source: string | CheckpointFiles, options: LoadOptions = {}): Promise<CodiModel> {
    return new CodiModel(await loadedParts(source, options));
  }
}

// A name more or less than the type has does not compile.
const LOAD: Readonly<Record<keyof LoadOptions, true>> = {
  base: true,
  protocol: true,
  latents: true,
  engine: true,
  threads: true,
  strict: true,
  hold: true,
  force: true,
  onNotice: true,
  onProgress: true,
};

function checkLoad(source: unknown, options: LoadOptions): void {
  const isFiles = typeof (source as Partial<CheckpointFiles> | null)?.list === "function";
  if (typeof source !== "string" && !isFiles)
    throw new UsageError(
      `The model is ${described(source)}, wanted its name or files`,
      'write CodiModel.load("tiny-codi"), a folder\'s path, "hub:OWNER/NAME@REVISION", or filesFromBytes(…)',
    );
  const { protocol, engine, hold } = knownOptions(options, { of: "CodiModel.load", names: Object.keys(LOAD) });
  if (protocol !== undefined) namedProtocol(protocol);
  checkOneOf(ENGINE_CHOICES, { option: "engine", given: engine });
  checkOneOf(HOLDS, { option: "hold", given: hold });
}

function checkOneOf(
  known: readonly string[],
  { option, given }: { readonly option: string; readonly given: unknown },
): void {
  if (given !== undefined && !known.some((each) => each === given))
    throw new UsageError(`${option} is ${described(given)}, wanted ${known.join(" or ")}`, "choose one of these");
}

/** The parts of a model, loaded on the engine that is started for it: what a subclass makes itself of. @throws as `CodiModel.load`. */
export async function loadedParts(source: string | CheckpointFiles, options: LoadOptions): Promise<ModelParts> {
  checkLoad(source, options);
  const { base, ...others } = options;
  const files = await asFiles(source, options);
  const own = base === undefined ? others : { ...others, base: await asFiles(base, options) };
  const checkpoint = await openCheckpoint(files, openOptions(own));
  try {
    const checked = checkedCheckpoint(checkpoint, options);
    checkMemory(checkpoint, options);
    const engine = await startEngine(options.engine ?? "auto", {
      threads: threadsOf(checkpoint, options),
      onSetUp: setUpLines(checkpoint, options),
    });
    for (const notice of engine.notices ?? []) options.onNotice?.(notice);
    return await modelParts(checked, engine, options);
  } finally {
    await checkpoint.close();
  }
}

function threadsOf({ config }: Checkpoint, { threads = threadsFor(config) }: LoadOptions): number | undefined {
  if (threads === undefined || (Number.isInteger(threads) && threads >= 1)) return threads;
  throw new UsageError(`threads is ${threads}, wanted a whole number of at least 1`, "correct it, or leave it out");
}

function setUpLines({ plan }: Checkpoint, { onProgress }: LoadOptions): ((line: string) => void) | undefined {
  return onProgress && ((setUp) => onProgress({ done: 0, total: plan.weights.size, setUp }));
}

async function asFiles(source: string | CheckpointFiles, options: LoadOptions): Promise<CheckpointFiles> {
  return typeof source === "string" ? openFolder(await folderOfModel(source, nameOptions(options))) : source;
}

function nameOptions({ onNotice, onProgress }: LoadOptions): NameOptions {
  return {
    onNotice,
    onBytes:
      onProgress && ((done, total) => onProgress({ done: 0, total: 1, setUp: `${done} of ${total} bytes fetched` })),
  };
}
