/** How well one backward pass tells what patches do, in words. */

import { counted, FEWEST_TO_SAY, show, signed, TOO_FEW } from "../../exhibits/number-text.js";
import { SITE_NAMES } from "./names.js";
import type { AttributionSummary, CellGroup, MeanCell } from "./summary.js";

/** Agreement over all cells, of the strongest ones, and where it is least. */
export function attributionSentence(summary: AttributionSummary): string {
  const { pairs, predicted, dropped, cellsEach, groups, top, means, way, cells } = summary;
  const lost = dropped.reduce((sum, { count }) => sum + count, 0);
  const why = dropped.map(({ reason, count }) => `${count}: ${reason}`).join("; ");
  const basis = `${counted(predicted, "pair")} of a question and the same with one number changed, beside exact patches of ${pairs} of them${lost === 0 ? "" : `; ${lost} problem${lost === 1 ? "" : "s"} dropped (${why})`}.`;
  const all = groups.find(({ by }) => by === "all")?.agreement;
  if (predicted === 0) return `Nothing was predicted. ${basis}`;
  if (all === undefined || pairs === 0) return `Nothing was patched beside the predictions. ${basis}`;
  if (pairs < FEWEST_TO_SAY)
    return `How well one backward pass predicts patches: ${TOO_FEW} (n = ${pairs}). ${pickedSentence(cells)} ${basis}`;
  const percent = (share: number): string => `${Math.round(100 * share)} %`;
  return [
    `One backward pass predicts the effects of ${cellsEach} patches a pair with r = ${show(all.gradient.r)} and slope ${show(all.gradient.slope)}; gradients at eight inputs on the way to the other run with r = ${show(all.integrated.r)} and slope ${show(all.integrated.slope)}.`,
    `The sign is right in ${show(all.gradient.signs)} of the cells that move the logit difference (${show(all.integrated.signs)} with the eight).`,
    `Of a pair's 20 strongest cells ${show(top.gradient)} are among the 20 that are predicted strongest (${show(top.integrated)}); of the mean map's, ${percent(means.gradient.top)} (${percent(means.integrated.top)}).`,
    pickedSentence(cells),
    weakestSentence(groups),
    way.largest.kind === "undefined"
      ? ""
      : `On the way from the other run's input to this one, ${show(way.largest)} of the change falls into the largest of eight steps, and ${show(way.last)} into the last, which is all that the one gradient sees.`,
    basis,
  ]
    .filter((part) => part !== "")
    .join(" ");
}

/** What a search for the one strongest cell would have come to. */
function pickedSentence(cells: readonly MeanCell[]): string {
  const strongest = (of: (cell: MeanCell) => number): MeanCell | undefined =>
    [...cells].sort((a, b) => Math.abs(of(b)) - Math.abs(of(a)))[0];
  const [best, picked] = [strongest(({ patched }) => patched), strongest(({ predicted }) => predicted.gradient)];
  if (best === undefined || picked === undefined) return "";
  const said = ({ site, row, block, patched }: MeanCell): string =>
    `${SITE_NAMES[site] ?? site}, ${row}, block ${block} (patched ${signed(patched)})`;
  return best === picked
    ? `The strongest cell is picked by both: ${said(best)}.`
    : `The strongest cell is ${said(best)}; one gradient would have picked ${said(picked)}.`;
}

/** Where one gradient errs most, of the steps and of attention. */
function weakestSentence(groups: readonly CellGroup[]): string {
  const step = worst(groups.filter(({ by }) => by === "step"));
  const peak = worst(groups.filter(({ by, name }) => by === "attention" && name !== "no block follows"));
  if (step === null || peak === null) return "";
  return `It errs most where the change is ${step.name} times as long as the activation (mean error ${show(step.agreement.gradient.error)}), and where the next block's largest attention weight is ${peak.name} (${show(peak.agreement.gradient.error)}).`;
}

function worst(groups: readonly CellGroup[]): CellGroup | null {
  const error = ({ agreement: { gradient } }: CellGroup): number =>
    gradient.error.kind === "value" ? gradient.error.value : Number.NEGATIVE_INFINITY;
  const known = groups.filter((group) => group.agreement.gradient.error.kind === "value");
  return [...known].sort((a, b) => error(b) - error(a))[0] ?? null;
}
