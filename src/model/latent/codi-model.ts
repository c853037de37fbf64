/** Loading a model on Node: by a folder's path or a name, on an engine that is started, or set up, for it. */

import { openFolder } from "../checkpoint/folder.js";
import { type Checkpoint, openCheckpoint } from "../checkpoint/load.js";
import { folderOfModel, type NameOptions } from "../checkpoint/model-names.js";
import type { CheckpointFiles } from "../checkpoint/source.js";
import type { EngineChoice } from "../tensor/engine.js";
import { startEngine } from "../tensor/engines/start.js";
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

/** Options of `CodiModel.load`. */
export interface LoadOptions extends Omit<FileLoadOptions, "base" | "onProgress"> {
  readonly engine?: EngineChoice;
  /** The base model, by the same kinds of names: for an adapter, and for a checkpoint that comes without configuration or tokenizer. */
  readonly base?: string | CheckpointFiles;
  /** Of one op of the native engine, where this load starts it; default: one for a small model, else the engine's own choice. */
  readonly threads?: number;
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
   */
  static override async load(source: string | CheckpointFiles, options: LoadOptions = {}): Promise<CodiModel> {
    return new CodiModel(await loadedParts(source, options));
  }
}

/** The parts of a model, loaded on the engine that is started for it: what a subclass makes itself of. @throws as `CodiModel.load`. */
export async function loadedParts(source: string | CheckpointFiles, options: LoadOptions): Promise<ModelParts> {
  const { base, ...others } = options;
  const files = await asFiles(source, options);
  const own = base === undefined ? others : { ...others, base: await asFiles(base, options) };
  const checkpoint = await openCheckpoint(files, openOptions(own));
  try {
    const checked = checkedCheckpoint(checkpoint, options.onNotice);
    checkMemory(checkpoint, options);
    const engine = await startEngine(options.engine ?? "auto", {
      threads: options.threads ?? threadsFor(checkpoint.config),
      onSetUp: setUpLines(checkpoint, options),
    });
    for (const notice of engine.notices ?? []) options.onNotice?.(notice);
    return await modelParts(checked, engine, options);
  } finally {
    await checkpoint.close();
  }
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
