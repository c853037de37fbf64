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

/** `0.30 [0.22, 0.40]`, or `not defined (reason)`; a reason that says it all stands alone. */
export function show(estimate: Estimate | BootstrapInterval): string {
  if (estimate.kind === "undefined")
    return isWhole(estimate.reason) ? estimate.reason : `not defined (${estimate.reason})`;
  const { value, low, high } = estimate;
  return low === null || high === null ? signed(value) : `${signed(value)} ${span(low, high)}`;
}

/** The same with numbers that two decimals do not show as powers of ten. */
export function showSmall(estimate: Estimate): string {
  if (estimate.kind === "undefined" || estimate.low === null || estimate.high === null) return show(estimate);
  const { value, low, high } = estimate;
  return `${small(value)} [${small(low)}, ${small(high)}]`;
}

function isWhole(reason: string): boolean {
  return reason.startsWith("not estimable");
}

/** Small p-values as a bound; never 0. */
export function showP(value: PValue): string {
  if (value.kind === "undefined") return `not defined (${value.reason})`;
  return value.p < 0.001 ? "< 0.001" : value.p.toFixed(3);
}
