/** How many rows a run computes at once: what was asked for, what its folder was begun with, else what memory allows. Nothing is measured. */

import type { DecoderConfig } from "../../model/decoder/config.js";
import { DEFAULT_ROWS, limitsFor } from "../../model/latent/plan/packing.js";
import { readManifest } from "../../records/store.js";
import type { Setup } from "./setup.js";

/** @param asked by `--rows`. @param positionsAfterPrompt of the longest row. @returns the same on every machine. */
export function rowsAtOnce(config: DecoderConfig, asked: number | undefined, positionsAfterPrompt: number): number {
  return limitsFor(config, asked ?? DEFAULT_ROWS, positionsAfterPrompt).rows;
}

/** The rows of the run whose folder this is; nothing where it has not come so far. */
export function rowsOfFolder(
  { dir, options }: Pick<Setup, "dir" | "options">,
  notice: (text: string) => void,
): { readonly rows?: number } {
  const rows = readManifest(dir)?.settings.rowsPerBatch;
  if (rows === undefined) return {};
  if (options.rows !== undefined && options.rows !== rows)
    notice(
      `the run in this folder was begun with ${rows} rows at once and keeps them; --rows ${options.rows} is not taken`,
    );
  return { rows };
}
