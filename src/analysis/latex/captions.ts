/** What stands above each table: what is shown, of how many, with what interval, by what test. */

import type { TableExhibit } from "../../exhibits/exhibit.js";
import type { TableData } from "../../exhibits/table.js";
import type { Finding } from "../../studies/finding.js";
import { allFindings, tablesOf } from "../exhibits.js";
import type { Analysis } from "../summary-types.js";
import { proseLatex } from "./escape.js";
import type { TableTitle } from "./table.js";

/** All tables in the report's order, with captions. */
export function titledTables(analysis: Pick<Analysis, "summary" | "main" | "findings">): {
  readonly table: TableData;
  readonly title: TableTitle;
}[] {
  const { n, correct } = analysis.summary.baseline;
  const basis = `$n = ${n}$ problems, ${correct} with a right baseline.`;
  return allFindings(analysis).flatMap((finding) =>
    tablesOf(finding.exhibits).map((each) => ({
      table: each.table,
      title: { caption: captionOf(finding, each, basis), label: `tab:codilens-${labelOf(finding, each)}` },
    })),
  );
}

/** The study's question and what it tests stand above its main table. */
function captionOf({ name, question, tested }: Finding, { title, key, shown }: TableExhibit, basis: string): string {
  const isMain = key === "";
  const parts = [
    proseLatex(isMain ? `${name}: ${question}` : `${title}.`),
    ...(isMain ? [basis, proseLatex(shown), proseLatex(tested)] : [proseLatex(shown), basis]),
  ];
  return parts.filter((part) => part !== "").join(" ");
}

// A label is a name for TeX, not a text.
function labelOf({ name }: Finding, { key, label }: TableExhibit): string {
  const parts = label === undefined ? ["study", name, key] : [label];
  return parts
    .filter((part) => part !== "")
    .map((part) => part.replace(/[^A-Za-z0-9-]/g, "-"))
    .join("-");
}
