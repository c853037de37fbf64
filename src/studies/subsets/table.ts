/** The table of the study `subsets` beside its conditions. */

import { integer, interval, text } from "../../exhibits/columns.js";
import { cells } from "../../exhibits/csv-cells.js";
import { type TableExhibit, type TableFile, tableExhibit } from "../../exhibits/exhibit.js";
import { show } from "../../exhibits/number-text.js";
import { type TableData, table } from "../../exhibits/table.js";
import type { LatentShares } from "./shares.js";

/** Shapley values, and every pair's interaction. */
export function sharesExhibit(shares: LatentShares): TableExhibit {
  return tableExhibit({
    key: "shapley",
    table: sharesTable(shares),
    folded:
      "What each latent brings to the share of right answers, and each pair beyond its parts (tables/shapley.csv)",
    shown: `Over all sets of zeroed latents, n = ${shares.problems} problems that have them all; 95 % bootstrap intervals over problems, nothing tested. Of a pair: the Shapley interaction, below 0 where each can stand in for the other; strongest first.`,
    files: [sharesFile(shares)],
  });
}

function sharesTable({ values, total, pairs }: LatentShares): TableData {
  return table("Exact Shapley values of the latents, and interactions of all pairs", {
    header: ["latents", "share of right answers [95 %]"],
    rows: [
      ...values.map((each, latent) => [String(latent), show(each)]),
      ["all together", show(total)],
      ...pairs.map(({ latents, interval }) => [`${latents.join(" and ")}, beyond their parts`, show(interval)]),
    ],
    keys: values.map((_, latent) => ({ latent })),
  });
}

function sharesFile({ values, pairs, total, problems }: LatentShares): TableFile {
  const all = [
    ...values.map((share, latent) => ({ kind: "value", latents: [latent], share })),
    ...pairs.map(({ latents, interval: share }) => ({ kind: "interaction", latents, share })),
    { kind: "together", latents: values.map((_, latent) => latent), share: total },
  ];
  return {
    file: "shapley",
    about:
      "Exact Shapley values of the latents and interactions of their pairs: a row a latent, a pair, and all together.",
    columns: [
      text("kind", "value: of one latent; interaction: of a pair, beyond its parts; together: of all"),
      text("latents", "indices joined by +"),
      integer("n", "problems that have every set of zeroed latents"),
      ...interval("share_right", "what they bring to the share of right answers"),
    ],
    rows: all.map(({ kind, latents, share }) => [kind, latents.join("+"), problems, ...cells(share)]),
  };
}
