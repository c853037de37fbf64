/** Reference values of the studies' statistics (test/fixtures/make/study_statistics.py). */

import { readFileSync } from "node:fs";
import { expect } from "vitest";
import type { ClusteredRows } from "../../src/statistics/clustered-rows.js";

/** One part of the fixture. */
export function reference<T>(part: string): T {
  const file = new URL("../fixtures/study-statistics.json", import.meta.url);
  return (JSON.parse(readFileSync(file, "utf8")) as Record<string, T>)[part] as T;
}

/** Relative agreement to 1e-9, as SciPy is itself accurate; an undefined value never agrees. */
export function close(ours: number | null | undefined, expected: number | undefined): void {
  expect(Math.abs((ours ?? Number.NaN) - (expected ?? Number.NaN))).toBeLessThanOrEqual(
    1e-9 * Math.max(1e-300, Math.abs(expected ?? 0)),
  );
}

/** Rows `[problem, position]` of a complete study. */
export function grid(x: readonly number[], y: readonly number[], positions: number): ClusteredRows {
  const problems = x.length / positions;
  return {
    problems,
    positions,
    start: Int32Array.from({ length: problems + 1 }, (_, p) => p * positions),
    position: Int32Array.from(x, (_, row) => row % positions),
    x: Float64Array.from(x),
    y: Float64Array.from(y),
  };
}
