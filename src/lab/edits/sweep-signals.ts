/** What a map of a sweep may show of its cells, and how strong a cell's colour is. */

import type { SweepCell } from "../session/types.js";

/** By the names that the state has them under. */
export const SIGNALS = {
  kl: "KL at the number",
  logprob: "fall of the log-probability",
  changed: "answer changed",
} as const;

/** See `SIGNALS`. */
export type SignalName = keyof typeof SIGNALS;

/** A signal by its name in the state; the first one for any other. */
export function signalOf(name: string | undefined): SignalName {
  return name !== undefined && Object.hasOwn(SIGNALS, name) ? (name as SignalName) : "kl";
}

/** The largest signal among cells; the strongest colour stands for it. */
export function mostOf(cells: readonly SweepCell[], signal: SignalName): number {
  return Math.max(0, ...cells.map((cell) => sizeOf(cell, signal)));
}

/** Where a cell stands between nothing and the map's most; the root spreads small values. */
export function shareOf(
  cell: SweepCell | undefined,
  { signal, most }: { readonly signal: SignalName; readonly most: number },
): number {
  if (cell === undefined) return Number.NaN;
  return most === 0 ? 0 : Math.sqrt(sizeOf(cell, signal) / most);
}

/** What stands in a cell: the other answer, `·` for the same one, `?` where nothing was read. */
export function cellText({ changed, value }: SweepCell): string {
  if (!changed) return "·";
  return value === null ? "?" : String(value);
}

function sizeOf({ kl, deltaLogProb, changed }: SweepCell, signal: SignalName): number {
  if (signal === "kl") return kl ?? 0;
  return signal === "logprob" ? Math.max(0, -(deltaLogProb ?? 0)) : Number(changed);
}
