/** Rows under named columns: what CSV and Parquet files hold. */

/** What stands in one place of a table; null where there is nothing. */
export type Cell = string | number | boolean | null;

/** Rows under their columns' names. */
export interface Cells {
  readonly header: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}
