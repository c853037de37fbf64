/** The table of the study `influence`, and its numbers. */

import { integer, interval } from "../../exhibits/columns.js";
import { cells } from "../../exhibits/csv-cells.js";
import type { TableFile } from "../../exhibits/exhibit.js";
import { show } from "../../exhibits/number-text.js";
import { type TableData, table } from "../../exhibits/table.js";
import type { InfluenceSummary } from "./summary.js";

/** A row a pair. */
export function influenceTable({ pairs }: InfluenceSummary): TableData {
  return table("Gains from latent to latent", {
    header: [
      "moved",
      "follows",
      "largest gain, total",
      "largest gain, direct",
      "Frobenius norm, total",
      "Frobenius norm, direct",
      "change when not read",
    ],
    rows: pairs.map(({ to, from, total, direct, cut }) => [
      `latent ${from}`,
      `latent ${to}`,
      ...[total.largest, direct.largest, total.all, direct.all].map(show),
      to === from + 1 ? "–" : show(cut),
    ]),
  });
}

/** The same with all digits. */
export function influenceFile({ pairs, problems }: InfluenceSummary): TableFile {
  return {
    file: "influence",
    about: "How far a small step at one latent's input moves a later latent's input: a row a pair of latents.",
    columns: [
      integer("from", "latent whose input is moved"),
      integer("to", "latent whose input follows"),
      integer("n", "problems"),
      ...interval("largest_gain_total", "spectral norm of the total derivative"),
      ...interval("largest_gain_direct", "the same with the inputs of the latents between held"),
      ...interval("frobenius_total", "Frobenius norm of the total derivative"),
      ...interval("frobenius_direct", "the same with the inputs of the latents between held"),
      ...interval(
        "cut_change",
        "change of the input over its norm when the latent before cannot read the moved one; empty for neighbours",
      ),
    ],
    rows: pairs.map(({ to, from, total, direct, cut }) => [
      ...[from, to, problems],
      ...[total.largest, direct.largest, total.all, direct.all, cut].flatMap(cells),
    ]),
  };
}
