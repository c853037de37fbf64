/** Numbers as they are printed: in figures, tables and sentences alike. */

import type { Estimate } from "../statistics/estimate.js";

/** An estimate as a row to draw; undefined ones keep their reason. */
export interface DrawnEstimate {
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly label: string;
}

/** `0.21 [0.12, 0.33]`, or `not defined (reason)`. */
export function drawn(estimate: Estimate): DrawnEstimate {
  if (estimate.kind === "undefined")
    return { value: null, low: null, high: null, label: `not defined (${estimate.reason})` };
  const { value, low, high } = estimate;
  const interval = low === null || high === null ? " (no interval)" : ` ${span(low, high)}`;
  return { value, low, high, label: `${signed(value)}${interval}` };
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
