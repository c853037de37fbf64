/** What patching comes to: how far the latents together carry the answer, against an unrelated problem's. */

import { firstRows, type Headline, shortSentence, valueText } from "../../exhibits/headline.js";
import { FEWEST_TO_SAY, show, TOO_FEW } from "../../exhibits/number-text.js";
import { sideOf } from "../../exhibits/side.js";
import type { Estimate } from "../../statistics/estimate.js";
import type { PatchCell, PatchingSummary, PatchSummaryMap } from "./summary.js";

const RANK = 6;
const TOGETHER = "bot and latents";

/** @returns null where nothing was patched. */
export function patchingHeadline({ maps, pairs }: PatchingSummary): Headline | null {
  const find = (control: string | null): PatchSummaryMap | undefined =>
    maps.find((map) => map.direction === "noising" && map.site === "resid" && map.control === control);
  const [map, control] = [find(null), find("unrelated")];
  const top = map === undefined ? null : strongestOf(map, TOGETHER);
  if (map === undefined || top === null) return null;
  const unrelated = control === undefined ? null : strongestOf(control, TOGETHER);
  const rows = [...new Set(map.cells.map(({ row }) => row))].flatMap((row) => {
    const cell = strongestOf(map, row);
    if (cell === null) return [];
    const same = control === undefined ? null : strongestOf(control, row);
    return [{ label: row, own: cell.effect, control: same?.effect ?? null, key: keyOf(cell) }];
  });
  const value = ({ own }: (typeof rows)[number]): number =>
    own.kind === "value" ? own.value : Number.NEGATIVE_INFINITY;
  return {
    sentence: sentenceOf(top, { pairs, unrelated }),
    unit: "effect: 1 is the other run's answer",
    rows: firstRows([...rows].sort((a, b) => value(b) - value(a))),
    rank: RANK,
    about: keyOf(top),
  };
}

/** A cell of the noising map of the residual stream: another run's is looked up at the same block. */
export function keyOf({ row, column }: Pick<PatchCell, "row" | "column">): string {
  return `${row} at block ${column}`;
}

/** The latents carry what their patch moves beyond no effect and beyond an unrelated problem's. */
function sentenceOf(
  { column, effect }: PatchCell,
  { pairs, unrelated }: { readonly pairs: number; readonly unrelated: PatchCell | null },
): string {
  const n = `n = ${pairs} pairs`;
  if (pairs < FEWEST_TO_SAY) return `Whether BOT and all latents carry the answer: ${TOO_FEW} (${n}).`;
  const side = sideOf(effect);
  const own = show(effect);
  if (side === "below") return `BOT and all latents move the answer away from the other run's: ${own}, ${n}.`;
  const [control, controlValue] =
    unrelated === null ? ["", ""] : [show, valueText].map((said) => said(unrelated.effect));
  const beside = (said = ""): string => (said === "" ? "" : `; an unrelated problem's, ${said}`);
  if (side === "unshown")
    return `BOT and all latents are not shown to carry the answer: ${own} of it, ${n}${beside(controlValue)}.`;
  if (!isBeyond(effect, unrelated))
    return `BOT and all latents are not shown to carry more than an unrelated problem's: ${own} against ${controlValue}, ${n}.`;
  return shortSentence([
    `BOT and all latents at block ${column} carry ${own} of the answer, ${n}${beside(control)}.`,
    `BOT and all latents carry ${own} of the answer, ${n}${beside(controlValue)}.`,
  ]);
}

/** Is its whole interval above what the control moves? */
function isBeyond(effect: Estimate, control: PatchCell | null): boolean {
  if (control?.effect.kind !== "value") return true;
  return effect.kind === "value" && effect.low !== null && effect.low > control.effect.value;
}

function strongestOf({ cells }: PatchSummaryMap, row: string): PatchCell | null {
  const value = ({ effect }: PatchCell): number => (effect.kind === "value" ? effect.value : Number.NEGATIVE_INFINITY);
  const mine = cells.filter((cell) => cell.row === row && cell.effect.kind === "value");
  return [...mine].sort((a, b) => value(b) - value(a))[0] ?? null;
}
