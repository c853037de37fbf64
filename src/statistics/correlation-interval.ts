/** r of clustered rows with an interval that allows for few events and heavy-tailed attention (docs/lab-log.md). */

import { type Centring, clusteredCorrelation } from "./clustered-correlation.js";
import type { ClusteredRows } from "./clustered-rows.js";
import type { Estimate } from "./estimate.js";
import { type PermutationResult, permuted } from "./permutation.js";

/**
 * Studentised cluster bootstrap; each end is the outer one of it and of the permutation interval (whole problems exchanged within
 * position and two-way, a problem's positions within problem): the first is too short where few answers break, the second where r
 * is far from 0. Pooled r, a description only, has the bootstrap alone.
 * @example
 * ```ts
 * const rows = clusteredRows(
 *   Array.from({ length: 24 }, (_, p) => ({ problem: `p${p}`, position: 0, x: p, y: (p * 7) % 11 })),
 * );
 * const r = correlationInterval(rows, "within-position", { seed: 1 });
 * r.kind === "value" && [r.low, r.value, r.high]; // → [ -0.441, -0.014, 0.421 ]
 * ```
 */
export function correlationInterval(
  rows: ClusteredRows,
  centring: Centring,
  options: { readonly seed: number; readonly draws?: number; readonly permutations?: number },
): Estimate {
  return testedCorrelation(rows, centring, options).interval();
}

/**
 * The interval, and the permutation test that belongs to it: whole problems exchanged within position and two-way, a problem's
 * positions within problem. Both rest on the same permutations, which are drawn and added up once.
 */
export function testedCorrelation(
  rows: ClusteredRows,
  centring: Centring,
  options: { readonly seed: number; readonly draws?: number; readonly permutations?: number },
): { readonly interval: () => Estimate; readonly test: () => PermutationResult } {
  const exchange = centring === "within-problem" ? "positions-within-problem" : "whole-problems";
  const { test, interval } = permuted(rows, exchange, { ...options, twoWay: centring === "two-way" });
  return {
    test,
    interval: () => withPermutations(clusteredCorrelation(rows, centring, options), { centring, interval }),
  };
}

function withPermutations(
  result: ReturnType<typeof clusteredCorrelation>,
  { centring, interval }: { readonly centring: Centring; readonly interval: () => Estimate },
): Estimate {
  if (result.kind === "undefined") return { kind: "undefined", reason: result.reason };
  const { value, low, high, n } = result;
  const exchanged = centring === "pooled" ? null : interval();
  if (exchanged === null || exchanged.kind === "undefined") return { kind: "value", value, low, high, n };
  return {
    kind: "value",
    value,
    low: Math.min(low, exchanged.low ?? low),
    high: Math.max(high, exchanged.high ?? high),
    n,
  };
}
