/** All exhibits of a run in the order in which they are shown, and what their files are called. */

import type { Exhibit, FigureExhibit, TableFile } from "../exhibits/exhibit.js";
import type { Finding } from "../studies/finding.js";
import type { Analysis } from "./summary-types.js";
import { csv } from "./write.js";

/**
 * The main study's findings, then those of the studies beside it: what renderers go through.
 *
 * @example
 * ```ts
 * const analysis = analyse(loadRun(dir));
 * allFindings(analysis).flatMap(({ exhibits }) => exhibits).some(({ kind }) => kind === "figure"); // → true
 * ```
 */
export function allFindings({ main, findings }: Pick<Analysis, "main" | "findings">): readonly Finding[] {
  return [...main, ...findings];
}

/**
 * Name of a figure's files without ending.
 *
 * @example
 * ```ts
 * const [finding] = analyse(loadRun(dir)).main;
 * const [figure] = figures(finding?.exhibits ?? []);
 * if (finding !== undefined && figure !== undefined) figureName(finding, figure);
 * ```
 */
export function figureName({ name }: Pick<Finding, "name">, { key, file }: FigureExhibit): string {
  return file ?? ["study", name, key].filter((part) => part !== "").join("_");
}

/**
 * Every drawing of some findings, by the name of its files.
 *
 * @example
 * ```ts
 * const [first] = namedFigures(allFindings(analyse(loadRun(dir))));
 * first?.name; // → 1_importance_by_position
 * ```
 */
export function namedFigures(
  findings: readonly Finding[],
): (Pick<FigureExhibit, "spec" | "data" | "graph"> & { readonly name: string })[] {
  return findings.flatMap((finding) =>
    figures(finding.exhibits).map((each) => {
      const { spec, data, graph } = each;
      return { name: figureName(finding, each), spec, data, ...(graph === undefined ? {} : { graph }) };
    }),
  );
}

/**
 * The figures among some exhibits.
 *
 * @example
 * ```ts
 * const found = allFindings(analyse(loadRun(dir))).flatMap(({ exhibits }) => figures(exhibits));
 * found.length >= 4; // → true
 * ```
 */
export function figures(exhibits: readonly Exhibit[]): FigureExhibit[] {
  return exhibits.filter((each) => each.kind === "figure");
}

/**
 * The tables among some exhibits.
 *
 * @example
 * ```ts
 * const found = allFindings(analyse(loadRun(dir))).flatMap(({ exhibits }) => tablesOf(exhibits));
 * found.every(({ files }) => Array.isArray(files)); // → true
 * ```
 */
export function tablesOf(exhibits: readonly Exhibit[]): Extract<Exhibit, { kind: "table" }>[] {
  return exhibits.filter((each) => each.kind === "table");
}

/**
 * The files of some findings' tables. Where several tables have one file, their rows stand one after another, under all columns of any of
 * them; a file without rows is left out.
 */
export function tableFilesOf(findings: readonly Finding[]): TableFile[] {
  const parts = new Map<string, TableFile[]>();
  for (const each of findings.flatMap(({ exhibits }) => tablesOf(exhibits).flatMap(({ files }) => files)))
    if (each.rows.length > 0) parts.set(each.file, [...(parts.get(each.file) ?? []), each]);
  return [...parts.values()].map(joined);
}

/**
 * The CSV files of some findings' tables by name. Where several tables have one file, their rows stand one after another, under all
 * columns of any of them; a file without rows is left out.
 * @example
 * ```ts
 * const files = csvFilesOf(allFindings(analyse(loadRun(dir))));
 * [...files.keys()].every((name) => name.endsWith(".csv")); // → true
 * ```
 */
export function csvFilesOf(findings: readonly Finding[]): Map<string, string> {
  return new Map(tableFilesOf(findings).map((each) => [`${each.file}.csv`, csvOf(each)]));
}

/** A file's rows as CSV. */
export function csvOf({ columns, rows }: Pick<TableFile, "columns" | "rows">): string {
  return csv(
    columns.map(({ name }) => name),
    rows,
  );
}

function joined(parts: readonly TableFile[]): TableFile {
  const [first] = parts as [TableFile];
  const columns = new Map(parts.flatMap((part) => part.columns).map((column) => [column.name, column]));
  const rows = parts.flatMap((part) => {
    const places = [...columns.keys()].map((name) => part.columns.findIndex((column) => column.name === name));
    return part.rows.map((row) => places.map((place) => row[place] ?? null));
  });
  return { ...first, columns: [...columns.values()], rows };
}
