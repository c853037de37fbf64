/** All exhibits of a run in the order in which they are shown, and what their files are called. */

import type { CsvFile, Exhibit, FigureExhibit } from "../exhibits/exhibit.js";
import type { FigureSpec } from "../exhibits/figure.js";
import type { Finding } from "../studies/finding.js";
import { csv } from "./write.js";

/** Name of a figure's files without ending. */
export function figureName({ name }: Pick<Finding, "name">, { key, file }: FigureExhibit): string {
  return file ?? ["study", name, key].filter((part) => part !== "").join("_");
}

/** The drawings of some findings by name. */
export function figuresOf(findings: readonly Finding[]): Map<string, FigureSpec> {
  return new Map(
    findings.flatMap((finding) => figures(finding.exhibits).map((each) => [figureName(finding, each), each.spec])),
  );
}

/** The figures among some exhibits. */
export function figures(exhibits: readonly Exhibit[]): FigureExhibit[] {
  return exhibits.filter((each) => each.kind === "figure");
}

/** The tables among some exhibits. */
export function tablesOf(exhibits: readonly Exhibit[]): Extract<Exhibit, { kind: "table" }>[] {
  return exhibits.filter((each) => each.kind === "table");
}

/**
 * The CSV files of some findings' tables by name.
 *
 * @throws RangeError where two tables have one file and other columns.
 */
export function csvFilesOf(findings: readonly Finding[]): Map<string, string> {
  const files = new Map<string, CsvFile>();
  for (const { file, header, rows } of findings.flatMap(({ exhibits }) =>
    tablesOf(exhibits).flatMap((each) => each.csv),
  )) {
    const before = files.get(file);
    if (before !== undefined && before.header.join() !== header.join())
      throw new RangeError(
        `Two tables are written to ${file}, one with columns ${before.header.join()}, one with ${header.join()}`,
      );
    files.set(file, { file, header, rows: [...(before?.rows ?? []), ...rows] });
  }
  return new Map(
    [...files.values()]
      .filter(({ rows }) => rows.length > 0)
      .map(({ file, header, rows }) => [file, csv(header, rows)]),
  );
}
