/** The table of the study `patching`. */

import { show } from "../../exhibits/number-text.js";
import { type TableData, table } from "../../exhibits/table.js";
import { pickedOf } from "./picked.js";
import type { PatchCell, PatchingSummary } from "./summary.js";

/** A row a position (or head) and map: the block where patching does most. Every cell is in tables/patching.csv. */
export function patchingTable({ maps }: PatchingSummary): TableData {
  const hasPredictions = maps.some(({ agreement }) => agreement !== undefined);
  const rows = maps
    .filter(({ control }) => control !== "identity")
    .flatMap((map) => {
      const names = [...new Set(map.cells.map(({ row }) => row))];
      return names.map((name) => {
        const mine = map.cells.filter(({ row }) => row === name);
        const value = ({ effect }: PatchCell): number => (effect.kind === "value" ? effect.value : -1);
        const top = mine.reduce((most, cell) => (value(cell) > value(most) ? cell : most));
        const what = `${map.site}${map.at === null ? "" : ` at ${map.at}`}${map.control === null ? `, ${map.direction}` : `, ${map.control} (control)`}`;
        const picked = hasPredictions ? pickedOf(mine) : null;
        return [
          ...[what, name, top.column, show(top.effect), `${top.moved.count} of ${top.moved.n}`, show(top.moved.rate)],
          ...(hasPredictions ? [picked?.column ?? "–", picked === null ? "–" : show(picked.effect)] : []),
        ];
      });
    });
  return table("Patching: the block where each position does most", {
    header: [
      ...["patched", "position or head", "block", "effect", "answers moved", "share moved"],
      ...(hasPredictions ? ["block that one gradient would pick", "its effect"] : []),
    ],
    rows,
  });
}
