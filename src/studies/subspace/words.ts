/** How exchanges are called. */

import type { SubspaceSummary, Way } from "./summary.js";

/** In tables and figures. */
export const WAY_NAMES: Readonly<Record<Way, string>> = {
  trained: "trained directions",
  principal: "principal components (control)",
  random: "random directions (control)",
  other: "trained, where both runs name the same (control)",
};

/** `1 direction`, `4 directions`. */
export function directions(rank: number): string {
  return `${rank} direction${rank === 1 ? "" : "s"}`;
}

/** `block 9`, `blocks 7 and 9`: in the order of the folds, each once. */
export function blocksText({ folds }: Pick<SubspaceSummary, "folds">): string {
  const blocks = [...new Set(folds.map(({ block }) => block))].sort((a, b) => a - b);
  return `block${blocks.length === 1 ? "" : "s"} ${blocks.join(" and ")}`;
}
