/** The folder `tables`: each table as CSV and as Parquet, and what their columns mean. */

import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { TableFile } from "../../exhibits/exhibit.js";
import { type PackedTable, rowsOf } from "../../exhibits/packed-table.js";
import { type ColumnType, parquet } from "../../exhibits/parquet.js";
import { csvOf } from "../exhibits.js";
import { putOutput } from "../write.js";
import { type TableAbout, tablesReadme } from "./readme.js";

// Ten megabytes or so of CSV; a spreadsheet opens no more than ten times as many.
const MOST_CSV_ROWS = 100_000;

/** A table that is to be written. */
export interface TableToPut extends TableAbout {
  /** How many rows it has. */
  readonly length: number;
  readonly csv: () => string;
  readonly parquet: () => Promise<Uint8Array>;
}

/** A table of rows. */
export function ofRows(table: TableFile & TableAbout): TableToPut {
  return { ...table, length: table.rows.length, csv: () => csvOf(table), parquet: () => parquetOf(table) };
}

/** A packed table. @param parquet its bytes, which somebody else may be making. */
export function ofPacked(
  table: TableAbout & { readonly packed: PackedTable },
  parquet: Promise<Uint8Array>,
): TableToPut {
  const { columns, packed } = table;
  return {
    ...table,
    length: packed.length,
    csv: () => csvOf({ columns, rows: rowsOf(packed) }),
    parquet: () => parquet,
  };
}

/** Writes some tables and the page that describes them. A table that is too long for CSV is Parquet only. */
export async function putTables(dir: string, tables: readonly TableToPut[]): Promise<void> {
  const folder = join(dir, "tables");
  for (const each of tables) {
    const path = join(folder, each.file);
    if (hasCsv(each)) putOutput(`${path}.csv`, each.csv());
    // An earlier analysis of fewer records may have written it.
    else if (existsSync(`${path}.csv`)) rmSync(`${path}.csv`);
    putOutput(`${path}.parquet`, await each.parquet());
  }
  const described = tables.map((each) => ({ ...each, hasCsv: hasCsv(each) }));
  if (tables.length > 0) putOutput(join(folder, "README.md"), tablesReadme(described));
}

function hasCsv({ length }: Pick<TableToPut, "length">): boolean {
  return length <= MOST_CSV_ROWS;
}

/** A file's rows as Parquet, each column of the type that it is described with. */
function parquetOf({ columns, rows }: Pick<TableFile, "columns" | "rows">): Promise<Uint8Array> {
  const types: Record<string, ColumnType> = {};
  for (const { name, type } of columns) if (type !== null) types[name] = type;
  return parquet({ header: columns.map(({ name }) => name), rows }, { types });
}
