/** Exact McNemar test: a two-sided binomial test of the discordant pairs at one half. */

import type { PValue } from "../summary-types.js";
import { logGamma } from "./t-distribution.js";

/** Never 0: the smallest double where it underflows. @param b pairs that changed one way. @param c pairs that changed the other way. */
export function mcnemarExact(b: number, c: number): PValue {
  const n = b + c;
  if (n === 0) return { kind: "undefined", reason: "no pair changed" };
  let tail = 0;
  for (let k = 0; k <= Math.min(b, c); k++) tail += Math.exp(logChoose(n, k) - n * Math.LN2);
  return { kind: "value", p: Math.max(Number.MIN_VALUE, Math.min(1, 2 * tail)) };
}

function logChoose(n: number, k: number): number {
  return logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);
}
