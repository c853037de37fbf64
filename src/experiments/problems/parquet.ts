/** Rows of a parquet file. */

import type { AsyncBuffer } from "hyparquet";
import { BadInputError } from "../../base/errors.js";
import type { Rows } from "./row.js";

const AGAIN = "download it again";

/** Does the file begin as parquet does? */
export function isParquet(bytes: Uint8Array): boolean {
  return markAt(bytes, 0) === "PAR1" || markAt(bytes, 0) === "PARE";
}

/**
 * Reads every row and column; of the codecs snappy, gzip, zstd, brotli and lz4.
 *
 * @throws BadInputError for a file that is cut off, encrypted or damaged.
 */
export async function parquetRows(bytes: Uint8Array, name: string): Promise<Rows> {
  const end = markAt(bytes, bytes.length - 4);
  if (end === "PARE" || markAt(bytes, 0) === "PARE")
    throw new BadInputError(`${name} is an encrypted parquet file`, "decrypt it and give the plain file");
  if (end !== "PAR1")
    throw new BadInputError(
      `${name} is a parquet file that is cut off: ${bytes.length} bytes, and no PAR1 at their end`,
      AGAIN,
    );
  // Only where it is needed: the decompressor asks for address space as soon as it is imported.
  const [{ parquetMetadata, parquetReadObjects }, { compressors }] = await Promise.all([
    import("hyparquet"),
    import("hyparquet-compressors"),
  ]);
  const whole = bytes.slice().buffer;
  const file: AsyncBuffer = { byteLength: whole.byteLength, slice: (from, to) => whole.slice(from, to) };
  try {
    const metadata = parquetMetadata(whole);
    const rows = await parquetReadObjects({ file, metadata, compressors });
    if (rows.length !== Number(metadata.num_rows))
      throw new RangeError(`${rows.length} rows, its footer says ${metadata.num_rows}`);
    return { rows: rows.map((row, index) => ({ line: index + 1, value: plain(row) })), unit: "row", kind: "parquet" };
  } catch (error) {
    throw new BadInputError(
      `${name} is a damaged parquet file: ${error instanceof Error ? error.message : String(error)}`,
      AGAIN,
      { cause: error },
    );
  }
}

function markAt(bytes: Uint8Array, start: number): string {
  return String.fromCharCode(...bytes.subarray(Math.max(0, start), Math.max(0, start) + 4));
}

/** 64-bit whole numbers as JSON would have them: as a number where it holds them exactly, else in digits. */
function plain(value: unknown): unknown {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== "object" || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([field, each]) => [field, plain(each)]));
}
