/** Pearson's correlation, plain and after centring within groups. */

import { tTwoSided } from "./t-distribution.js";

/** r, or why it is not defined. */
export type Correlation =
  | { readonly kind: "value"; readonly r: number; readonly n: number }
  | { readonly kind: "undefined"; readonly reason: string };

/**
 * @param x and
 *
 * @param y equally long.
 * @example
 * ```ts
 * pearson([1, 2, 3], [2, 4, 7]); // → { kind: 'value', r: 0.9934, n: 3 }
 * ```
 */
export function pearson(x: readonly number[], y: readonly number[]): Correlation {
  const n = x.length;
  if (n < 3) return { kind: "undefined", reason: `${n} points, at least 3 are needed` };
  const meanX = mean(x);
  const meanY = mean(y);
  let sxy = 0;
  let sxx = 0;
  let syy = 0;
  for (let i = 0; i < n; i++) {
    const dx = (x[i] ?? 0) - meanX;
    const dy = (y[i] ?? 0) - meanY;
    sxy += dx * dy;
    sxx += dx * dx;
    syy += dy * dy;
  }
  if (isConstant(sxx, meanX, n)) return { kind: "undefined", reason: "attention is constant" };
  if (isConstant(syy, meanY, n)) return { kind: "undefined", reason: "importance is constant" };
  return { kind: "value", r: Math.max(-1, Math.min(1, sxy / Math.sqrt(sxx * syy))), n };
}

// What is left of a constant after its mean is taken is rounding; relative to the mean it stays below 1e-13.
function isConstant(sumOfSquares: number, centre: number, n: number): boolean {
  return Math.sqrt(sumOfSquares / n) <= 1e-13 * Math.abs(centre);
}

/**
 * Correlation after taking each group's mean from both variables: what is left once groups differ for any reason.
 * @example
 * ```ts
 * withinGroups([1, 2, 11, 12], [5, 6, 1, 2], ["a", "a", "b", "b"]); // → { kind: 'value', r: 1, n: 4 }
 * ```
 */
export function withinGroups(
  x: readonly number[],
  y: readonly number[],
  groups: readonly (string | number)[],
): Correlation {
  return pearson(centred(x, groups), centred(y, groups));
}

/**
 * Two-sided p of Pearson's r under independent rows, t with n − 2 degrees of freedom; the smallest double where it underflows.
 * @example
 * ```ts
 * pearsonP(0.5, 20); // → 0.0248
 * ```
 */
export function pearsonP(r: number, n: number): number {
  const df = n - 2;
  const t = r * Math.sqrt(df / Math.max(Number.MIN_VALUE, (1 - r) * (1 + r)));
  return Math.max(Number.MIN_VALUE, tTwoSided(t, df));
}

function centred(values: readonly number[], groups: readonly (string | number)[]): number[] {
  const sums = new Map<string | number, { sum: number; n: number }>();
  for (const [i, group] of groups.entries()) {
    const entry = sums.get(group) ?? { sum: 0, n: 0 };
    entry.sum += values[i] ?? 0;
    entry.n += 1;
    sums.set(group, entry);
  }
  return values.map((value, i) => {
    const { sum, n } = sums.get(groups[i] ?? "") ?? { sum: 0, n: 1 };
    const difference = value - sum / n;
    return Math.abs(difference) <= 1e-15 * Math.abs(value) ? 0 : difference;
  });
}

/** Arithmetic mean; 0 of nothing. */
export function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
