/** The configuration that families with rotary positions share. */

import type { FileConfig } from "./config.js";

/** LLaMA 3's frequency scaling. */
export interface RopeScaling {
  readonly factor: number;
  readonly lowFreqFactor: number;
  readonly highFreqFactor: number;
  readonly originalMaxPositions: number;
}

/** The numbers of a network whose positions turn queries and keys, and whose norms do not centre. */
export interface RotaryConfig extends FileConfig {
  readonly rmsNormEps: number;
  readonly ropeTheta: number;
  readonly ropeScaling: RopeScaling | null;
}
