/** What all jobs of a run that is made by hand have in common. */

import type { RunSettings } from "../../src/experiments/jobs/run-options.js";

const SETTINGS: RunSettings = {
  ...{ protocol: "codi", seed: 0, ablateLayer: 8, layers: [8], maxNewTokens: 12, rows: 256 },
  ...{ studies: [], problems: 1, reference: [] },
};

/** @param more what differs. */
export function settings(more: Partial<RunSettings> = {}): RunSettings {
  return { ...SETTINGS, ...more };
}
