/** Every table of a run with its control model's numbers as one column more. */

import { interval, text } from "../../exhibits/columns.js";
import { cells } from "../../exhibits/csv-cells.js";
import { type Exhibit, type TableExhibit, tableExhibit } from "../../exhibits/exhibit.js";
import { show } from "../../exhibits/number-text.js";
import { type TableData, table } from "../../exhibits/table.js";
import type { ControlRow } from "../summary-types.js";

/** What a cell says where the control's run has no such row. */
const ABSENT = "–";

/**
 * A table with the control's numbers of the column that it is about: the first with an interval, else the first of numbers.
 *
 * @param control the same table of the control's run. Rows are found by their first cell, and of several with one first cell the first
 * belongs to the first: tables of one plan have one order.
 */
export function besideTable(own: TableData, control: TableData | undefined): TableData {
  const measured = measuredColumn(own);
  if (control === undefined || measured === null) return own;
  const theirs = new Map(keyed(control.rows));
  return {
    ...own,
    header: [...own.header, `${own.header[measured]}, control model`],
    rows: keyed(own.rows).map(([key, row]) => [...row, theirs.get(key)?.[measured] ?? ABSENT]),
  };
}

type Row = readonly string[];

function keyed(rows: readonly Row[]): [string, Row][] {
  const seen = new Map<string, number>();
  return rows.map((row) => {
    const [name = ""] = row;
    const times = seen.get(name) ?? 0;
    seen.set(name, times + 1);
    return [`${name}\n${times}`, row];
  });
}

function measuredColumn({ header, rows }: TableData): number | null {
  const isLike = (column: number, like: RegExp): boolean => rows.some((row) => like.test(row[column] ?? ""));
  const first = (fits: (column: number) => boolean): number => header.findIndex((_, at) => at > 0 && fits(at));
  const found = [
    first((column) => (header[column] ?? "").includes("[95 %]") || isLike(column, /\[.+, .+\]/)),
    first((column) => isLike(column, /^(?:−|< ?)?\d/)),
    first((column) => isLike(column, /^not defined/)),
  ].find((column) => column > 0);
  return found ?? null;
}

/** The headline's numbers beside the control's, with their difference. @param study the finding's name. */
export function controlExhibit(study: string, rows: readonly ControlRow[]): TableExhibit {
  return tableExhibit({
    key: "control-model",
    table: table(`Beside the control model: ${study}`, {
      header: ["number", "this run", "control model", "difference [95 %]"],
      rows: rows.map(({ label, own, control, difference }) => [label, show(own), show(control), show(difference)]),
    }),
    folded: "Beside the control model",
    shown:
      "The headline's numbers in the run and in the control model's, and the first less the second over the problems of both: Newcombe's paired interval of shares, else whole problems resampled in both runs at once.",
    files: [
      {
        file: "control_model",
        about: "One row a number of a headline, in the run and in the control model's.",
        columns: [
          text("study", "what was found"),
          text("number", "which of its numbers"),
          ...interval("own", "the number in the run"),
          ...interval("control_model", "the same in the control model's run, over the problems of both"),
          ...interval("difference", "own less control_model, paired by problem"),
        ],
        rows: rows.map(({ label, own, control, difference }) => [
          study,
          label,
          ...cells(own),
          ...cells(control),
          ...cells(difference),
        ]),
      },
    ],
  });
}

/** Exhibits with the control's column in every table. */
export function besideExhibits(own: readonly Exhibit[], control: readonly Exhibit[]): Exhibit[] {
  return own.map((each): Exhibit => {
    if (each.kind === "figure") return each;
    const same = control.find((other) => other.kind === "table" && other.key === each.key);
    return { ...each, table: besideTable(each.table, same?.kind === "table" ? same.table : undefined) };
  });
}
