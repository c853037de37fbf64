/** Numbers as they are printed: in figures, tables and sentences alike. */

import type { BootstrapInterval } from "../statistics/clustered-bootstrap.js";
import type { Estimate, PValue } from "../statistics/estimate.js";

/** An estimate as a row to draw; undefined ones keep their reason. */
export interface DrawnEstimate {
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly label: string;
}

/** With fewer problems an interval reaches nearly everywhere and a correlation hangs on single answers: neither is printed or drawn. */
export const FEWEST_TO_SAY = 8;

/** What stands in place of such an interval or correlation. */
export const TOO_FEW = "too few to say";

/** An estimate that is a number. */
export type KnownEstimate = Extract<Estimate, { readonly kind: "value" }>;

/** Both ends of its interval; null where it has none, or rests on too few problems. */
export function endsOf({ low, high, n }: KnownEstimate): readonly [low: number, high: number] | null {
  return low === null || high === null || n < FEWEST_TO_SAY ? null : [low, high];
}

/** Its interval alone: `[0.12, 0.33]`, `too few to say`, or nothing. */
export function intervalText(estimate: Estimate): string {
  if (estimate.kind === "undefined") return "";
  const ends = endsOf(estimate);
  if (ends !== null) return span(...ends);
  return estimate.n < FEWEST_TO_SAY ? TOO_FEW : "";
}

/** A correlation, or that it rests on too few problems. @param problems its rows' problems: its own n may count rows. */
export function correlationOf(r: Estimate, problems: number): Estimate {
  return problems < FEWEST_TO_SAY ? { kind: "undefined", reason: `${TOO_FEW}, n = ${problems}` } : r;
}

/** The same where two decimals do not show its ends: `[3.1e−6, 4.9e−5]`. */
export function smallIntervalText(estimate: Estimate): string {
  const ends = estimate.kind === "undefined" ? null : endsOf(estimate);
  return ends === null ? intervalText(estimate) : `[${small(ends[0])}, ${small(ends[1])}]`;
}

/** `not defined (reason)`; a reason that is a whole statement stands alone. */
export function reasonText(reason: string): string {
  return /^(?:not estimable|too few to say)/.test(reason) ? reason : `not defined (${reason})`;
}

/** An estimate as it is drawn, with its text: `0.21 [0.12, 0.33]`, `0.21, n = 5: too few to say`, or `not defined (reason)`. */
export function drawn(estimate: Estimate): DrawnEstimate {
  if (estimate.kind === "undefined") return { value: null, low: null, high: null, label: reasonText(estimate.reason) };
  const [low, high] = endsOf(estimate) ?? [null, null];
  const none = estimate.n < FEWEST_TO_SAY ? "" : " (no interval)";
  return { value: estimate.value, low, high, label: `${show(estimate)}${low === null ? none : ""}` };
}

/** `[0.12, 0.33]`. */
export function span(low: number, high: number): string {
  return `[${signed(low)}, ${signed(high)}]`;
}

/** Two decimals with a real minus sign. */
export function signed(value: number): string {
  const text = Math.abs(value).toFixed(2);
  return value < 0 && Number(text) !== 0 ? `\u2212${text}` : text;
}

/** The same, and `5.6e−7` for what two decimals do not show. */
export function small(value: number): string {
  return value !== 0 && Math.abs(value) < 0.005 ? value.toExponential(1).replaceAll("-", "\u2212") : signed(value);
}

/** `1 problem`, `2 problems`. */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

/**
 * `0.30 [0.22, 0.40]`, `0.30` where there is no interval, `0.30, n = 5: too few to say`, or `not defined (reason)`.
 *
 * @example
 * ```ts
 * estimateText({ kind: "value", value: 0.3, low: 0.22, high: 0.4, n: 100 }); // → 0.30 [0.22, 0.40]
 * ```
 */
export function show(estimate: Estimate | BootstrapInterval): string {
  if (estimate.kind === "undefined") return reasonText(estimate.reason);
  const n = "clusters" in estimate ? estimate.clusters : estimate.n;
  if (n < FEWEST_TO_SAY) return `${signed(estimate.value)}, n = ${n}: ${TOO_FEW}`;
  const ends = endsOf({ ...estimate, n });
  return ends === null ? signed(estimate.value) : `${signed(estimate.value)} ${span(...ends)}`;
}

/** The same with numbers that two decimals do not show as powers of ten. */
export function showSmall(estimate: Estimate): string {
  if (estimate.kind === "undefined") return show(estimate);
  if (estimate.n < FEWEST_TO_SAY) return `${small(estimate.value)}, n = ${estimate.n}: ${TOO_FEW}`;
  const ends = endsOf(estimate);
  if (ends === null) return small(estimate.value);
  return `${small(estimate.value)} ${smallIntervalText(estimate)}`;
}

/**
 * Small p-values as a bound; never 0.
 *
 * @example
 * ```ts
 * pText({ kind: "value", p: 0.00004 }); // → < 0.001
 * ```
 */
export function showP(value: PValue): string {
  if (value.kind === "undefined") return `not defined (${value.reason})`;
  return value.p < 0.001 ? "< 0.001" : value.p.toFixed(3);
}
