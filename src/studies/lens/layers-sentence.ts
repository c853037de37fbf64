/** What the lens at every layer says, in words. */

import { drawn, show, signed } from "../../exhibits/number-text.js";
import type { LayerLensSummary } from "./layers.js";
import { drawsText, FEWEST, r2Of } from "./probes.js";
import type { TunedLensSummary } from "./tuned/summary.js";

/** Where each step is named, from which layer on, and where it is read out best. */
export function layerLensSentence({ layers, cells, probes, tuned }: LayerLensSummary): string {
  const targets = [...new Set(cells.map(({ target }) => target))];
  const steps = tuned.kind === "value" ? tuned.steps : [];
  const named = targets.flatMap((target) => {
    const mine = cells.filter((cell) => cell.target === target && cell.n >= FEWEST);
    const last = mine.filter(({ layer }) => layer === layers.at(-1));
    const [top] = [...last].sort((a, b) => b.first / b.n - a.first / a.n);
    if (top === undefined) return [];
    if (top.first === 0) return [`${target} nowhere at the end (0 of ${top.n})`];
    const isHere = (cell: { readonly target: string; readonly position: string }): boolean =>
      cell.target === target && cell.position === top.position;
    const from = sinceOf(mine.filter(isHere));
    // The last layer needs no translator: there the two are one.
    const early = steps.length === 0 ? null : sinceOf([...steps.filter(isHere), top]);
    const also = early === null ? "" : `, by the tuned lens from ${layerName(early)} on`;
    const since =
      from === null ? "in fewer than half at the end" : `in at least half from ${layerName(from)} on${also}`;
    return [`${target} at ${top.position} (${since}; ${top.first} of ${top.n} at the end)`];
  });
  const read = targets.flatMap((target) => {
    const mine = probes.filter((probe) => probe.target === target && probe.r2.kind === "value");
    const [top] = [...mine].sort((a, b) => r2Of(b) - r2Of(a));
    if (top?.r2.kind !== "value") return [];
    const { value, n } = top.r2;
    const control = top.control === null ? "" : `, shuffled labels ${signed(top.control.mean)}`;
    if (value <= 0)
      return [`${target} nowhere better than its mean says it (best R² ${signed(value)}, n = ${n}${drawsText(top)})`];
    return [
      `${target} at ${top.position}, ${layerName(top.layer)} (R² ${show(top.r2)}, n = ${n}${control}${drawsText(top)})`,
    ];
  });
  const lens = named.length === 0 ? "" : ` By layer, the head's first choice is ${named.join(", ")}.`;
  const probe =
    read.length === 0
      ? ` Probes need at least ${FEWEST} problems with the step.`
      : ` A linear probe reads best (picked out of all layers and positions; held-out, the median over draws of folds, 95 % interval over problems) ${read.join("; ")}.`;
  return lens + tunedSentence(tuned) + probe;
}

/** The layer from which on at least half the problems have the step as first choice; null for none. */
function sinceOf(
  column: readonly { readonly layer: string; readonly first: number; readonly n: number }[],
): string | null {
  return column[column.findLastIndex(({ first, n }) => 2 * first < n) + 1]?.layer ?? null;
}

function tunedSentence(tuned: TunedLensSummary): string {
  if (tuned.kind === "undefined") return ` There is no tuned lens: ${tuned.reason}.`;
  const { layers, positions, problems, cells, folds, width } = tuned;
  const shown = [...new Set([0, layers.length >> 1, layers.length - 1])].flatMap((at) => {
    const cell = cells.find(({ layer, position }) => layer === layers[at] && position === "all");
    if (cell === undefined) return [];
    const { logit, tuned: own, shuffled } = cell.kl;
    return [
      `${at === 0 ? "at" : "after"} ${layerName(cell.layer)} ${drawn(own).label} nats (logit lens ${drawn(logit).label}, shuffled pairs ${drawn(shuffled).label})`,
    ];
  });
  return ` The tuned lens' KL from the model's own last distribution, mean over positions, is ${shown.join(", ")}; n = ${problems} problems × ${positions.length} positions for translators of ${width} × ${width + 1} numbers, held out by ${folds} folds of whole problems.`;
}

/** `embed` and `7` in words. */
export function layerName(layer: string): string {
  return layer === "embed" ? "the embedding" : `block ${layer}`;
}
