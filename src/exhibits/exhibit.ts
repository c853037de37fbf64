/** What a finding shows: a figure or a table, as data. Pages, image files, CSV and LaTeX are renderers over lists of these. */

import type { Cells } from "./cells.js";
import type { Column } from "./columns.js";
import type { FigureSpec } from "./figure.js";
import { figureData } from "./figure-data.js";
import type { Graph } from "./graph.js";
import type { TableData } from "./table.js";

/** A file in `tables`. Rows of exhibits that name the same file stand in it in their order, under the columns of all of them. */
export interface TableFile {
  /** Its name without ending, such as `tests`: it is written as CSV and as Parquet. */
  readonly file: string;
  /** What a row is: a sentence. */
  readonly about: string;
  readonly columns: readonly Column[];
  readonly rows: Cells["rows"];
}

/** A drawing. */
export interface FigureExhibit {
  readonly kind: "figure";
  /** Tells it from the finding's other figures; the first one's is empty. */
  readonly key: string;
  readonly title: string;
  readonly spec: FigureSpec;
  /** Plain text: what is shown, of how many, with what interval, by what test. */
  readonly caption: string;
  /** What is drawn, a row a mark. */
  readonly data: Cells;
  /** What is drawn of it, whole: a page lets its reader go from node to node, and it is written beside the drawing as JSON. */
  readonly graph?: Graph;
  /** Name of its files without ending, where it is not `study_NAME` with the key. */
  readonly file?: string;
}

/** A table of texts, with its numbers beside it. */
export interface TableExhibit {
  readonly kind: "table";
  /** Tells it from the finding's other tables; the main one's is empty. */
  readonly key: string;
  readonly title: string;
  readonly table: TableData;
  /** Plain text: what rows, numbers and intervals are, as a caption says it. */
  readonly shown: string;
  /** Plain text: the heading under which it is folded on a page; null where it stands open. */
  readonly folded: string | null;
  /** Its label in LaTeX, where it is not `study-NAME` with the key. */
  readonly label?: string;
  /** Its numbers with all digits, often more of them than are shown; may be several files. */
  readonly files: readonly TableFile[];
}

/** The only thing that is drawn. */
export type Exhibit = FigureExhibit | TableExhibit;

/**
 * A figure whose data are what its specification draws.
 *
 * @example
 * ```ts
 * const spec = { mark: "bar", data: { values: [{ n: 3 }] }, encoding: { x: { field: "n", type: "quantitative" } } };
 * figureExhibit({ key: "", title: "Three", spec, caption: "One bar." }).kind; // → figure
 * ```
 */
export function figureExhibit(figure: Omit<FigureExhibit, "kind" | "data">): FigureExhibit {
  return { kind: "figure", ...figure, data: figureData(figure.spec) };
}

/**
 * A table under its own name. @param exhibit without `files` its numbers are in none.
 *
 * @example
 * ```ts
 * const rows = table("answers", { header: ["latent", "broken"], rows: [["0", "3"]] });
 * tableExhibit({ key: "", table: rows, shown: "", folded: null, files: [] }).title; // → answers
 * ```
 */
export function tableExhibit(
  exhibit: Omit<TableExhibit, "kind" | "title" | "files"> & Partial<Pick<TableExhibit, "files">>,
): TableExhibit {
  return { kind: "table", title: exhibit.table.name, files: [], ...exhibit };
}
