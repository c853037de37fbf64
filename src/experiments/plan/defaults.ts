/** What an experiment takes where nothing is said: for the command line and for scripts. */

import type { ExperimentOptions } from "./options.js";

/** Every option that has a value by default. */
export const EXPERIMENT_DEFAULTS = {
  force: false,
  testMode: false,
  studies: [],
  seed: 42,
  dryRun: false,
  profile: false,
  onBadRow: "fail",
  engine: "auto",
  takeOver: false,
  fresh: false,
} as const satisfies Partial<ExperimentOptions>;

/** Where a run reads and changes the model. */
export interface RunLayers {
  /** Layers at which attention is read. */
  readonly layers: readonly number[];
  /** Block whose output is changed. */
  readonly ablateLayer: number;
}

/** What the original study read and changed, of a model of 16 blocks. */
const USUAL: RunLayers = { layers: [4, 8, 14], ablateLayer: 8 };

/**
 * The layers where nothing is said: 4, 8 and 14, and block 8. A model that has not so many blocks is read and changed as deep: at a quarter,
 * half and seven eighths of them, and in the middle.
 *
 * @param depth the model's number of blocks.
 */
export function layersByDefault(depth: number): RunLayers {
  if (USUAL.layers.every((layer) => layer < depth)) return USUAL;
  const at = (part: number): number => Math.floor(part * depth);
  return { layers: [...new Set([at(1 / 4), at(1 / 2), at(7 / 8)])], ablateLayer: at(1 / 2) };
}
