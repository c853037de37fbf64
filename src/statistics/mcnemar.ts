/** McNemar's test of paired outcomes: of the pairs that changed, half should go each way. */

import type { Estimate, PValue } from "./estimate.js";
import { clopperPearson } from "./proportion-interval.js";
import { logGamma } from "./t-distribution.js";

/**
 * Two-sided exact binomial p; never above its level, so conservative. Never 0: the smallest double where it underflows.
 *
 * @param b pairs that changed one way.
 * @param c pairs that changed the other way.
 * @example
 * ```ts
 * mcnemarExact(12, 3); // → { kind: 'value', p: 0.0352 }
 * ```
 */
export function mcnemarExact(b: number, c: number): PValue {
  const n = b + c;
  if (n === 0) return { kind: "undefined", reason: "no pair changed" };
  return { kind: "value", p: floored(Math.min(1, 2 * tailOf(b, c))) };
}

/**
 * The mid-p form (Fagerland, Lydersen and Laake 2013): half of what was seen counts; close to its level, may exceed it a little.
 * @example
 * ```ts
 * mcnemarMidP(12, 3); // → { kind: 'value', p: 0.0213 }
 * ```
 */
export function mcnemarMidP(b: number, c: number): PValue {
  const n = b + c;
  if (n === 0) return { kind: "undefined", reason: "no pair changed" };
  const seen = Math.exp(logBinomialHalf(n, Math.min(b, c)));
  return { kind: "value", p: floored(b === c ? 1 - seen / 2 : Math.min(1, 2 * tailOf(b, c) - seen)) };
}

/**
 * Odds of a change one way against the other, b / c, with the exact conditional 95 % interval; an end that is infinite is null.
 * @example
 * ```ts
 * mcnemarOddsRatio(12, 3); // → { kind: 'value', value: 4, low: 1.08, high: 22.1, n: 15 }
 * ```
 */
export function mcnemarOddsRatio(b: number, c: number): Estimate {
  const share = clopperPearson(b, b + c);
  if (share.kind === "undefined") return { kind: "undefined", reason: "no pair changed" };
  if (c === 0)
    return { kind: "undefined", reason: b === 1 ? "the only change goes one way" : `all ${b} changes go one way` };
  const odds = (p: number | null): number | null => (p === null || p >= 1 ? null : p / (1 - p));
  return { kind: "value", value: b / c, low: odds(share.low), high: odds(share.high), n: b + c };
}

function tailOf(b: number, c: number): number {
  let tail = 0;
  for (let k = 0; k <= Math.min(b, c); k++) tail += Math.exp(logBinomialHalf(b + c, k));
  return tail;
}

function floored(p: number): number {
  return Math.max(Number.MIN_VALUE, p);
}

function logBinomialHalf(n: number, k: number): number {
  return logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1) - n * Math.LN2;
}
