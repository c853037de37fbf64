/** The report's table of what knockouts take away and what they change in the latents themselves. */

import { integer, interval, text } from "../../exhibits/columns.js";
import { cells } from "../../exhibits/csv-cells.js";
import { type TableExhibit, type TableFile, tableExhibit } from "../../exhibits/exhibit.js";
import { show } from "../../exhibits/number-text.js";
import { type TableData, table } from "../../exhibits/table.js";
import type { Compared, KnockoutCondition } from "./knockout-effects.js";

/** @returns a row a condition that is no control, or null where nothing was recorded. */
export function knockoutTable(name: string, conditions: readonly KnockoutCondition[]): TableData | null {
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
    "change of the reader's state, share of its norm",
    "beyond its control",
    "change of the latents after it, mean",
    "beyond its control",
  ];
  return rows.length === 0
    ? null
    : table(`What the knockouts of ${name} cut, and what they change in the latents`, { header, rows });
}

/** The table and its numbers; none where nothing was recorded. */
export function knockoutExhibits(name: string, conditions: readonly KnockoutCondition[]): TableExhibit[] {
  const made = knockoutTable(name, conditions);
  if (made === null) return [];
  return [
    tableExhibit({
      key: "knockouts",
      table: made,
      folded:
        "What each knockout takes away, and what it changes in the latents themselves (tables/latent_effects.csv)",
      shown:
        "Means with 95 % bootstrap intervals over problems: share of the reader's attention that is cut, averaged over blocks and heads, and relative change of latents' states after the last block; beyond its control: less what as many random positions do.",
      files: [knockoutFile(name, conditions)],
    }),
  ];
}

const EFFECTS = {
  reader_change: "mean relative change of the reader's state after the last block, as a share of its norm",
  later_change: "mean relative change of the states of the latents after it",
  attention_cut: "mean share of the reader's attention that goes in the baseline to what is cut, over blocks and heads",
} as const;

function knockoutFile(name: string, conditions: readonly KnockoutCondition[]): TableFile {
  const rows = conditions.flatMap(({ condition, knockout }) => {
    if (knockout === undefined) return [];
    const { attention, top, reader, later } = knockout;
    const numbers = [reader, later, attention].flatMap(({ own, control, beyond }) =>
      [own, control, beyond].flatMap(cells),
    );
    const n = [reader, attention].flatMap(({ own }) => (own.kind === "value" ? [own.n] : []));
    const most = top === null ? [null, null, null, null] : [top.block, ...cells(top.share)];
    return [[name, condition, n[0] ?? 0, ...numbers, ...most]];
  });
  return {
    file: "latent_effects",
    about: "What knockouts take away, and what they change in the latents themselves: a row a condition.",
    columns: [
      text("study", "the study's name"),
      text("condition", "the condition's name"),
      integer("n", "problems"),
      ...Object.entries(EFFECTS).flatMap(([name, means]) => [
        ...interval(name, means),
        ...interval(`${name}_control`, `${name} of the condition's control, which cuts as many positions at random`),
        ...interval(`${name}_beyond`, `${name} less that of the control, in the same problem`),
      ]),
      integer("attention_cut_top_block", "the block that pays most to what is cut, from 0"),
      ...interval("attention_cut_top", "attention_cut in that block alone"),
    ],
    rows,
  };
}

/** There is nothing after the last latent, and where there is no control nothing beyond it. */
function cellsOf({ own, beyond }: Compared): string[] {
  return [own, beyond].map((each) => (each.kind === "value" ? show(each) : "–"));
}
