/** Tables as Parquet: each column has one type, and the same cells give the same bytes. */

import type { Cell, Cells } from "./cells.js";

/** What a column holds: whole numbers, numbers, text, or true and false. Every column may hold null. */
export type ColumnType = "integer" | "number" | "text" | "boolean";

/** How a table is written. */
export interface ParquetOptions {
  /** By column's name; a column without one gets the narrowest type that holds all its cells, and `number` where all are null. */
  readonly types?: Readonly<Record<string, ColumnType>>;
}

// What pandas, polars, DuckDB and R read without an option. A whole number beyond 32 bits is kept exactly by 64.
const STORED = { integer: "INT64", number: "DOUBLE", text: "STRING", boolean: "BOOLEAN" } as const;

/**
 * A table as the bytes of a Parquet file, packed by Snappy. Whole numbers are INT64, other numbers DOUBLE, and null stays null.
 *
 * @throws RangeError for two columns of one name, and for a cell that is not of its column's type.
 */
export async function parquet({ header, rows }: Cells, { types = {} }: ParquetOptions = {}): Promise<Uint8Array> {
  return parquetOfColumns(
    header.map((name, place) => {
      const cells = rows.map((row) => row[place] ?? null);
      return { name, type: types[name] ?? narrowest(cells), cells };
    }),
  );
}

/** A column of a table. */
export interface ParquetColumn {
  readonly name: string;
  readonly type: ColumnType;
  readonly cells: readonly Cell[];
}

/** The same of columns instead of rows. */
export async function parquetOfColumns(columns: readonly ParquetColumn[]): Promise<Uint8Array> {
  const names = columns.map(({ name }) => name);
  const twice = names.find((name, place) => names.indexOf(name) !== place);
  if (twice !== undefined) throw new RangeError(`two columns are named ${twice}`);
  // Only where it is needed: most commands and scripts write no Parquet.
  const { parquetWriteBuffer } = await import("hyparquet-writer");
  const columnData = columns.map(({ name, type, cells }) => ({
    ...{ name, type: STORED[type], nullable: true },
    data: cells.map((cell) => stored(cell, { name, type })),
  }));
  // The writer's own name for itself could change with its version, and the bytes with it.
  return new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: 100_000, createdBy: "CodiLens" }));
}

/** The narrowest type that holds every cell; numbers beside text are text, as in the CSV file. */
export function narrowest(cells: readonly Cell[]): ColumnType {
  const held = cells.filter((cell) => cell !== null);
  if (held.every((cell) => typeof cell === "number"))
    return held.length > 0 && held.every(Number.isSafeInteger) ? "integer" : "number";
  return held.every((cell) => typeof cell === "boolean") ? "boolean" : "text";
}

function stored(
  cell: Cell,
  { name, type }: { readonly name: string; readonly type: ColumnType },
): Cell | bigint | undefined {
  if (cell === null) return null;
  if (type === "text") return String(cell);
  if (type === "integer" && Number.isSafeInteger(cell)) return BigInt(cell);
  if (typeof cell === type) return cell;
  throw new RangeError(`column ${name} holds ${JSON.stringify(cell)}, which is no ${type}`);
}
