/** A checkpoint by the path of its folder. */

import { openFolder } from "./folder.js";
import { type Checkpoint, type OpenOptions, openCheckpoint } from "./load.js";

/** Options of `openCheckpointFolder`. */
export interface FolderOptions extends Omit<OpenOptions, "base"> {
  /** The base model's folder, for an adapter or a checkpoint that comes without configuration and tokenizer. */
  readonly base?: string | undefined;
}

/** @throws BadInputError naming file, tensors, found and wanted; nothing is loaded then. */
export function openCheckpointFolder(path: string, { base, ...options }: FolderOptions = {}): Promise<Checkpoint> {
  return openCheckpoint(openFolder(path), { ...options, base: base === undefined ? undefined : openFolder(base) });
}
