/** The tables of the study `subspace`, and their numbers. */

import { integer, interval, text } from "../../exhibits/columns.js";
import { cells } from "../../exhibits/csv-cells.js";
import type { TableFile } from "../../exhibits/exhibit.js";
import { rateText } from "../../exhibits/headline.js";
import { show } from "../../exhibits/number-text.js";
import { type TableData, table } from "../../exhibits/table.js";
import { type Exchange, type SubspaceSummary, WAYS } from "./summary.js";
import { WAY_NAMES } from "./words.js";

/** A row a number of directions and kind, the whole state first. */
export function subspaceTable(summary: SubspaceSummary): TableData {
  return table("Directions that carry the value", {
    header: [
      "exchanged",
      "directions",
      "answers moved [95 %]",
      "of the whole state's",
      "of those trained on",
      "effect on the logit difference",
    ],
    rows: rowsOf(summary).map(({ name, rank, exchange, ofWhole, inTraining }) => [
      name,
      rank === null ? "all" : String(rank),
      rateText(exchange.moved),
      ofWhole === null ? "–" : show(ofWhole),
      inTraining === null ? "–" : `${inTraining.count} of ${inTraining.n}`,
      show(exchange.effect),
    ]),
  });
}

/** The same with all digits. */
export function subspaceFile(summary: SubspaceSummary): TableFile {
  return {
    file: "subspace",
    about: "What exchanges in few directions do to held-out pairs: a row a number of directions and kind.",
    columns: [
      text("exchanged", "whole state, or which directions"),
      integer("directions", "how many; empty: the whole state"),
      integer("moved", "held-out pairs whose answer became the other run's number"),
      integer("n", "held-out pairs that have the positions"),
      ...interval("share_moved", "moved / n"),
      ...interval("of_whole", "moved, over what the whole state moves; of trained directions"),
      integer("moved_in_training", "runs that the trained directions move, of those that they were trained on"),
      integer("n_in_training", "those runs; the whole state moves all of them"),
      ...interval("effect", "mean effect on the logit difference: 0 none, 1 all the way to the other run"),
    ],
    rows: rowsOf(summary).map(({ name, rank, exchange, ofWhole, inTraining }) => [
      ...[name, rank, exchange.moved.count, exchange.moved.n],
      ...cells(exchange.moved.rate),
      ...(ofWhole === null ? [null, null, null] : cells(ofWhole)),
      ...[inTraining?.count ?? null, inTraining?.n ?? null],
      ...cells(exchange.effect),
    ]),
  };
}

/** The whole state at each block that was tried. */
export function blocksFile({ blocks }: SubspaceSummary): TableFile {
  return {
    file: "subspace_blocks",
    about: "The whole state exchanged at BOT and all latents: a row a block.",
    columns: [
      integer("block", "the block whose output is exchanged, from 0"),
      integer("moved", "pairs whose answer became the other run's number"),
      integer("n", "pairs"),
      ...interval("share_moved", "moved / n"),
    ],
    rows: blocks.map(({ block, moved }) => [block, moved.count, moved.n, ...cells(moved.rate)]),
  };
}

interface Row {
  readonly name: string;
  readonly rank: number | null;
  readonly exchange: Exchange;
  readonly ofWhole: SubspaceSummary["ranks"][number]["ofWhole"] | null;
  readonly inTraining: SubspaceSummary["ranks"][number]["inTraining"] | null;
}

function rowsOf({ whole, ranks }: SubspaceSummary): Row[] {
  return [
    ...(whole === null ? [] : [{ name: "whole state", rank: null, exchange: whole, ofWhole: null, inTraining: null }]),
    ...WAYS.flatMap((way) =>
      ranks.map((each) => ({
        name: WAY_NAMES[way],
        rank: each.rank,
        exchange: each[way],
        ofWhole: way === "trained" ? each.ofWhole : null,
        inTraining: way === "trained" ? each.inTraining : null,
      })),
    ),
  ];
}
