/** All exhibits of a run in the order in which they are shown, and what their files are called. */

import type { CsvFile, Exhibit, FigureExhibit } from "../exhibits/exhibit.js";
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
): (Pick<FigureExhibit, "spec" | "data"> & { readonly name: string })[] {
  return findings.flatMap((finding) =>
    figures(finding.exhibits).map((each) => ({ name: figureName(finding, each), spec: each.spec, data: each.data })),
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
 * found.every(({ csv }) => Array.isArray(csv)); // → true
 * ```
 */
export function tablesOf(exhibits: readonly Exhibit[]): Extract<Exhibit, { kind: "table" }>[] {
  return exhibits.filter((each) => each.kind === "table");
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
  const parts = new Map<string, CsvFile[]>();
  for (const each of findings.flatMap(({ exhibits }) => tablesOf(exhibits).flatMap((table) => table.csv)))
    if (each.rows.length > 0) parts.set(each.file, [...(parts.get(each.file) ?? []), each]);
  return new Map([...parts].map(([file, some]) => [file, joined(some)]));
}

function joined(parts: readonly CsvFile[]): string {
  const header = [...new Set(parts.flatMap((part) => part.header))];
  const rows = parts.flatMap((part) => {
    const places = header.map((column) => part.header.indexOf(column));
    return part.rows.map((row) => places.map((place) => row[place] ?? null));
  });
  return csv(header, rows);
}
