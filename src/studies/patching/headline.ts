/** What patching comes to: how far the latents together carry the answer, against an unrelated problem's. */

import { firstRows, type Headline, shortSentence, valueText } from "../../exhibits/headline.js";
import { show } from "../../exhibits/number-text.js";
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
  const beside = unrelated === null ? "" : `; an unrelated problem's, ${show(unrelated.effect)}`;
  const rows = [...new Set(map.cells.map(({ row }) => row))].flatMap((row) => {
    const cell = strongestOf(map, row);
    if (cell === null) return [];
    const same = control === undefined ? null : strongestOf(control, row);
    return [{ label: row, own: cell.effect, control: same?.effect ?? null }];
  });
  const value = ({ own }: (typeof rows)[number]): number =>
    own.kind === "value" ? own.value : Number.NEGATIVE_INFINITY;
  return {
    sentence: shortSentence([
      `BOT and all latents at block ${top.column} carry ${show(top.effect)} of the answer, n = ${pairs} pairs${beside}.`,
      `BOT and all latents carry ${show(top.effect)} of the answer, n = ${pairs} pairs${unrelated === null ? "" : `; an unrelated problem's, ${valueText(unrelated.effect)}`}.`,
    ]),
    unit: "effect: 1 is the other run's answer",
    rows: firstRows([...rows].sort((a, b) => value(b) - value(a))),
    rank: RANK,
  };
}

function strongestOf({ cells }: PatchSummaryMap, row: string): PatchCell | null {
  const value = ({ effect }: PatchCell): number => (effect.kind === "value" ? effect.value : Number.NEGATIVE_INFINITY);
  const mine = cells.filter((cell) => cell.row === row && cell.effect.kind === "value");
  return [...mine].sort((a, b) => value(b) - value(a))[0] ?? null;
}
