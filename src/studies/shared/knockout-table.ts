/** The report's table of what knockouts take away and what they change in the latents themselves. */

import { show } from "../../exhibits/number-text.js";
import { type TableData, table } from "../../exhibits/table.js";
import type { LegacyStudy } from "../finding.js";
import type { Compared } from "./knockout-effects.js";

/** @returns a row a condition that is no control, or null where nothing was recorded. */
export function knockoutTable({ name, conditions }: LegacyStudy): TableData | null {
  const rows = conditions.flatMap(({ condition, isControl, knockout }) =>
    isControl || knockout === undefined
      ? []
      : [
          [
            condition,
            ...cellsOf(knockout.attention),
            knockout.top === null ? "–" : String(knockout.top.block),
            ...cellsOf(knockout.reader),
            ...cellsOf(knockout.later),
          ],
        ],
  );
  const header = [
    "condition",
    "attention that is cut, share",
    "beyond its control",
    "block with most",
    "change of what the reader hands on, share of its norm",
    "beyond its control",
    "change of the latents after it, mean",
    "beyond its control",
  ];
  return rows.length === 0
    ? null
    : table(`What the knockouts of ${name} cut, and what they change in the latents`, { header, rows });
}

/** There is nothing after the last latent, and where there is no control nothing beyond it. */
function cellsOf({ own, beyond }: Compared): string[] {
  return [own, beyond].map((each) => (each.kind === "value" ? show(each) : "–"));
}
