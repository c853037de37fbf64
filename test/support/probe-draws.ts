/** Held-out R² of ridge probes under several draws of folds, from NumPy (test/fixtures/make/probe_draws.py). */

import { readFileSync } from "node:fs";

/** A made data set and what each draw gives. */
export interface ProbeCase {
  readonly name: string;
  /** `[problem, width]`. */
  readonly x: readonly number[];
  readonly width: number;
  readonly y: readonly number[];
  readonly seed: number;
  readonly penalties: readonly number[];
  readonly r2: readonly number[];
  /** Index of the median draw. */
  readonly median: number;
  readonly penaltiesOfMedian: readonly number[];
  readonly least: number;
  readonly quartiles: readonly [number, number];
  readonly greatest: number;
}

/** Folds by seed and draw, and the cases: the first draw far out, and all draws alike. */
export const PROBE_DRAWS = JSON.parse(
  readFileSync(new URL("../fixtures/probe-draws.json", import.meta.url), "utf8"),
) as { readonly folds: Readonly<Record<string, number[][]>>; readonly cases: readonly [ProbeCase, ProbeCase] };
