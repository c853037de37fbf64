/** Where the value is carried, in words. */

import { counted, endsOf, show } from "../../exhibits/number-text.js";
import { sideOf } from "../../exhibits/side.js";
import type { Estimate } from "../../statistics/estimate.js";
import { pickedSentence } from "./picked.js";
import type { PatchCell, PatchingSummary } from "./summary.js";

const LATENT = /^(bot|latent\.\d+)$/;

/** Where the value is carried, in words, with the control beside it. */
export function patchingSentence({ pairs, dropped, maps, carrying }: PatchingSummary): string {
  const lost = dropped.reduce((sum, { count }) => sum + count, 0);
  const why = dropped.map(({ reason, count }) => `${count}: ${reason}`).join("; ");
  const basis = `${counted(pairs, "pair")} of a question and the same with one number changed${lost === 0 ? "" : `; ${lost} problem${lost === 1 ? "" : "s"} dropped (${why})`}.`;
  const residual = maps.find(
    ({ direction, site, control }) => direction === "noising" && site === "resid" && control === null,
  );
  if (residual === undefined) return `Nothing was patched. ${basis}`;
  const blocks = residual.cells.filter(({ row }) => row === "bot and latents");
  const single = residual.cells.filter(({ row }) => LATENT.test(row));
  const [together, alone] = [best(blocks), best(single)];
  const control = maps.find((each) => each.control === "unrelated");
  const same = together === null ? undefined : control?.cells.filter(({ row }) => row === together.row);
  const unrelated = same === undefined ? null : mostMoved(same);
  return [
    together === null
      ? ""
      : `Writing the counterfactual's residual stream over BOT and all latents at block ${together.column} moves ${said(together)}.`,
    alone === null ? "" : aloneSentence(alone),
    `Over all blocks, positions where the head's first choice differs between the two runs have a mean effect of ${carried(carrying.differs)}, those where it is the same ${carried(carrying.same)}.`,
    unrelated === null
      ? "No problem had an unrelated one of the same length for the control."
      : `An unrelated problem's stream over BOT and all latents moves at most ${unrelated.moved.count} of ${unrelated.moved.n} answers to the counterfactual's (the control).`,
    pickedSentence(residual, {
      searches: [
        {
          ...{ cells: blocks, found: together, same: "the same block for BOT and all latents" },
          named: ({ column }) => `block ${column} for BOT and all latents`,
        },
        {
          ...{ cells: single, found: alone, same: "the same single position and block" },
          named: ({ row, column }) => `${row} at block ${column} of single positions`,
        },
      ],
      said,
    }),
    basis,
  ]
    .filter((part) => part !== "")
    .join(" ");
}

function aloneSentence(cell: PatchCell): string {
  if (cell.effect.kind !== "value" || cell.effect.value <= 0)
    return "No single position moves the logit difference towards the counterfactual's answer.";
  if (endsOf(cell.effect) !== null && sideOf(cell.effect) === "unshown")
    return `No single position is shown to move the logit difference; the largest effect is that of ${cell.row} at block ${cell.column}: ${said(cell)}.`;
  return `Of single positions ${cell.row} at block ${cell.column} does most: ${said(cell)}.`;
}

function carried(estimate: Estimate): string {
  return estimate.kind === "undefined" ? "nothing to measure (there are none)" : show(estimate);
}

function said({ effect, moved }: PatchCell): string {
  return `${moved.count} of ${moved.n} answers to the counterfactual's, mean effect ${show(effect)}`;
}

function best(cells: readonly PatchCell[]): PatchCell | null {
  const value = ({ effect }: PatchCell): number => (effect.kind === "value" ? effect.value : Number.NEGATIVE_INFINITY);
  return cells.reduce<PatchCell | null>(
    (most, cell) => (most === null || value(cell) > value(most) ? cell : most),
    null,
  );
}

function mostMoved(cells: readonly PatchCell[]): PatchCell | null {
  return cells.reduce<PatchCell | null>(
    (most, cell) => (most === null || cell.moved.count > most.moved.count ? cell : most),
    null,
  );
}
