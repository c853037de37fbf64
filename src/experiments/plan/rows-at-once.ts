/** How many rows a run computes at once: what was asked for, what its folder was begun with, else what memory allows. Nothing is measured. */

import type { DecoderConfig } from "../../model/decoder/config.js";
import { DEFAULT_ROWS, limitsFor } from "../../model/latent/plan/packing.js";
import { readManifest } from "../../records/store.js";
import type { Setup } from "./setup.js";

/** @param asked by `--rows`. @param positionsAfterPrompt of the longest row. @returns the same on every machine. */
export function rowsAtOnce(config: DecoderConfig, asked: number | undefined, positionsAfterPrompt: number): number {
  return limitsFor(config, asked ?? DEFAULT_ROWS, positionsAfterPrompt).rows;
}

/** Problems that older versions packed together. */
const OLD_BATCH_PROBLEMS = 16;

/** How a folder's batches are cut. */
export interface FolderBatch {
  readonly rows?: number;
  readonly batchProblems?: number;
}

/** How the run whose folder this is cuts its batches; nothing where it has not come so far. */
export function batchOfFolder(dir: string): FolderBatch {
  const settings = readManifest(dir)?.settings;
  if (settings === undefined) return {};
  const { rowsPerBatch: rows, batchProblems = OLD_BATCH_PROBLEMS } = settings;
  return { ...(rows === undefined ? {} : { rows }), batchProblems };
}

/** The same of a run that goes on, with a notice where other rows were asked for. */
export function rowsOfFolder(
  { dir, options }: Pick<Setup, "dir" | "options">,
  notice: (text: string) => void,
): FolderBatch {
  const batch = batchOfFolder(dir);
  if (batch.rows !== undefined && options.rows !== undefined && options.rows !== batch.rows)
    notice(
      `the run in this folder was begun with ${batch.rows} rows at once and keeps them; --rows ${options.rows} is not taken`,
    );
  return batch;
}
