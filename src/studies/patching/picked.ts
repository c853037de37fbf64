/** What a search by one gradient would have come to, beside the cells that patches found. */

import { show } from "../../exhibits/number-text.js";
import { noGradientSentence } from "../shared/kept-predictions.js";
import type { PatchCell, PatchSummaryMap } from "./summary.js";

/** @returns the cell that is predicted to move the answer furthest towards the other run's; null where none is predicted. */
export function pickedOf(cells: readonly PatchCell[]): PatchCell | null {
  const value = ({ predicted }: PatchCell): number =>
    predicted?.kind === "value" ? predicted.value : Number.NEGATIVE_INFINITY;
  const known = cells.filter(({ predicted }) => predicted?.kind === "value");
  return known.reduce<PatchCell | null>(
    (most, cell) => (most === null || value(cell) > value(most) ? cell : most),
    null,
  );
}

/** Cells that a search would go through, and the one that patches found. */
export interface Search {
  readonly cells: readonly PatchCell[];
  readonly found: PatchCell | null;
  /** How a cell is named: `block 3 for BOT and all latents`. */
  readonly named: (cell: PatchCell) => string;
  /** The same where both pick one cell. */
  readonly same: string;
}

/** @param said what a cell's patch does. @returns empty where nothing was predicted. */
export function pickedSentence(
  { cells, agreement, unpredicted = [] }: PatchSummaryMap,
  { searches, said }: { readonly searches: readonly Search[]; readonly said: (cell: PatchCell) => string },
): string {
  const without = noGradientSentence(unpredicted, "pair");
  if (agreement === undefined) return without.trim();
  const picks = searches.flatMap(({ cells: mine, found, named, same }) => {
    const picked = pickedOf(mine);
    if (picked === null) return [];
    return picked === found ? [same] : [`${named(picked)} (${said(picked)})`];
  });
  const n = cells.filter(({ predicted }) => predicted !== undefined).length;
  return `One backward pass a pair, with no cell run, would have picked ${picks.join(", and ")}. Over the ${n} cells of this map what it predicts and what patches do agree with r = ${show(agreement)}.${without}`;
}
