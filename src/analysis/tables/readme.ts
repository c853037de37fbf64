/** `tables/README.md`: each file of the folder with its columns, out of the same descriptions that the files are written with. */

import type { TableFile } from "../../exhibits/exhibit.js";

/** What is said of a table. */
export interface TableAbout extends Omit<TableFile, "rows"> {
  /** Values of one of its columns, each with what it means. */
  readonly terms?: { readonly column: string; readonly means: Readonly<Record<string, string>> };
}

const TYPES = { integer: "whole number", number: "number", text: "text", boolean: "true or false" } as const;

const INTRODUCTION = `# Tables

Each table is written as CSV and as Parquet, with the same rows and columns and all digits. Parquet keeps types: whole numbers are INT64, other numbers DOUBLE, and what is not known is null. In CSV it is empty. Names of columns do not change from run to run.

An interval's ends are the columns \`_low\` and \`_high\`: 95 %, over problems. Log-probabilities and divergences are in nats. Layers, heads and latents are counted from 0.
`;

const NOT_DESCRIBED = "(the study does not describe it)";

/** @param tables `hasCsv`: whether it is written as CSV too. */
export function tablesReadme(tables: readonly (TableAbout & { readonly hasCsv: boolean })[]): string {
  return [INTRODUCTION, ...tables.map(section)].join("\n");
}

function section({ file, about, columns, terms, hasCsv }: TableAbout & { readonly hasCsv: boolean }): string {
  const names = hasCsv ? `${file}.csv, ${file}.parquet` : `${file}.parquet`;
  const notes = hasCsv ? [] : ["", "It is too long for CSV."];
  const rows = columns.map(({ name, type, means }) => [
    `\`${name}\``,
    type === null ? "" : TYPES[type],
    means ?? NOT_DESCRIBED,
  ]);
  return [
    ...[`## ${names}`, "", about, ...notes, ""],
    ...markdown(["column", "type", "what it is"], rows),
    ...(terms === undefined
      ? []
      : [
          "",
          ...markdown(
            [terms.column, "what it is"],
            Object.entries(terms.means).map(([name, means]) => [`\`${name}\``, means]),
          ),
        ]),
    "",
  ].join("\n");
}

function markdown(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((each) => each.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(header), line(header.map(() => "---")), ...rows.map(line)];
}
