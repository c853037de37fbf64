/** Any result as a view, for front ends that do not ask results themselves. */

import { UsageError } from "../../base/errors.js";
import type { TableExhibit } from "../../exhibits/exhibit.js";
import { small } from "../../exhibits/number-text.js";
import type { RunResult } from "../../model/latent/run-types.js";
import { framed, paragraph, tableOf, textTable } from "./fragment.js";
import { runsView, runView } from "./run-view.js";
import { Shown } from "./shown.js";

/** A row of a table by its columns. */
export type ShownRow = Readonly<Record<string, string | number | boolean | null>>;

/** What `show` makes a view of. */
export type Showable = Shown | RunResult | readonly RunResult[] | readonly ShownRow[] | TableExhibit;

/**
 * A view of a result: `show(run)` is shown by a notebook as HTML and printed by a terminal as text; `show(run).toHTML()` is for any page.
 *
 * @param value a run, several runs, rows such as `result.rows()`, or a table of a finding. Figures, sweeps and views show themselves.
 * @throws UsageError for anything else.
 * @example
 * ```ts
 * const runs = await model.runBatch([question, question]);
 * show(runs).toString().split("\n")[0] // → 2 runs
 * ```
 */
export function show(value: Showable): Shown {
  if (value instanceof Shown) return value;
  if (isTable(value)) {
    const { title, shown, table } = value;
    const drawn = { caption: title, header: table.header, rows: table.rows };
    return new Shown({ html: framed(tableOf(drawn) + paragraph(shown, "soft")), text: textTable(drawn) });
  }
  if (isRun(value)) return runView(value);
  if (Array.isArray(value) && value.length > 0 && value.every(isRun)) return runsView(value);
  if (Array.isArray(value) && value.length > 0 && value.every(isRow)) return rowsView(value);
  throw new UsageError(
    `show() was given ${described(value)}, which it has no view of`,
    "give a run, a list of runs, rows of texts and numbers, or a table of a finding",
  );
}

/** A table with a column for each name that a row has. */
function rowsView(rows: readonly ShownRow[]): Shown {
  const header = [...new Set(rows.flatMap(Object.keys))];
  const isNumeric = (name: string): boolean => rows.some((row) => typeof row[name] === "number");
  const table = {
    caption: "",
    header,
    rows: rows.map((row) => header.map((name) => cellText(row[name]))),
    numbers: [...header.keys()].filter((i) => isNumeric(header[i] ?? "")),
  };
  return new Shown({ html: framed(tableOf(table)), text: textTable(table) });
}

function cellText(value: ShownRow[string] | undefined): string {
  if (value === undefined || value === null) return "–";
  return typeof value === "number" && !Number.isInteger(value) ? small(value) : String(value);
}

function isRow(value: unknown): value is ShownRow {
  return (
    typeof value === "object" &&
    value !== null &&
    Object.keys(value).length > 0 &&
    Object.values(value).every((each) => each === null || ["string", "number", "boolean"].includes(typeof each))
  );
}

function isRun(value: unknown): value is RunResult {
  return hasAll(value, ["question", "answer", "layout", "captures", "fired"]);
}

function isTable(value: unknown): value is TableExhibit {
  return hasAll(value, ["kind", "table", "shown"]);
}

function hasAll(value: unknown, names: readonly string[]): boolean {
  return typeof value === "object" && value !== null && names.every((name) => name in value);
}

function described(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list of other things than runs and rows";
  if (typeof value !== "object" || value === null) return `${value}`;
  return `an object with ${Object.keys(value).slice(0, 5).join(", ") || "nothing"}`;
}
