/** One row of a data file, before its fields are known. */

/** Fields by name. */
export type Row = Readonly<Record<string, unknown>>;

/** A row with its place, or why it cannot be read. */
export type PlacedRow =
  | { readonly line: number; readonly value: unknown }
  | { readonly line: number; readonly bad: string; readonly hint: string };

/** The rows of a file, and what it is. */
export interface Rows {
  readonly rows: readonly PlacedRow[];
  /** What `line` counts, from 1: lines of a text file, entries of a JSON array, rows of a table. */
  readonly unit: "line" | "entry" | "row";
  readonly kind: string;
}

/** What an object by itself is: a row, columns of rows under the fields' names, or neither. */
export type WholeKind = "row" | "columns" | "other";

/** Is it an object with fields? */
export function isRow(value: unknown): value is Row {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const MOST_FIELDS = 12;

/** Names of the fields, for messages. */
export function fieldList(row: Row): string {
  const names = Object.keys(row);
  const more = names.length > MOST_FIELDS ? ` and ${names.length - MOST_FIELDS} more` : "";
  return names.length === 0 ? "none" : names.slice(0, MOST_FIELDS).join(", ") + more;
}
