/** What an experiment takes where nothing is said: for the command line and for scripts. */

import type { ExperimentOptions } from "./options.js";

/** Every option that has a value by default. */
export const EXPERIMENT_DEFAULTS = {
  force: false,
  testMode: false,
  /** Layers at which attention is read. */
  layers: [4, 8, 14],
  ablateLayer: 8,
  studies: [],
  seed: 42,
  dryRun: false,
  profile: false,
  onBadRow: "fail",
  engine: "auto",
  takeOver: false,
  fresh: false,
} as const satisfies Partial<ExperimentOptions>;
