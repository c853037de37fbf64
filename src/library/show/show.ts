/** Any result as a view, for front ends that do not ask results themselves. */

import { UsageError } from "../../base/errors.js";
import type { TableExhibit } from "../../exhibits/exhibit.js";
import type { RunResult } from "../../model/latent/run-types.js";
import { framed, paragraph, tableOf, textTable } from "./fragment.js";
import { runsView, runView } from "./run-view.js";
import { Shown } from "./shown.js";

/** What `show` makes a view of. */
export type Showable = Shown | RunResult | readonly RunResult[] | TableExhibit;

/**
 * A view of a result: `show(run)` is shown by a notebook as HTML and printed by a terminal as text; `show(run).toHTML()` is for any page.
 *
 * @param value a run, several runs, or a table of a finding. Figures, sweeps and views show themselves.
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
  throw new UsageError(
    `show() was given ${described(value)}, which it has no view of`,
    "give a run, a list of runs, or a table of a finding",
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
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list of other things than runs";
  if (typeof value !== "object" || value === null) return `${value}`;
  return `an object with ${Object.keys(value).slice(0, 5).join(", ") || "nothing"}`;
}
