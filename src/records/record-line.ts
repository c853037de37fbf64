/** A record as one line with its checksum, and back. */

import { createHash } from "node:crypto";
import { RunFolderError } from "../base/errors.js";
import { type ExperimentRecord, READ_SCHEMAS, RECORD_SCHEMA, recordSchema } from "./record.js";

/** First 16 hex digits of SHA-256 over the record's JSON without the checksum. */
export function checksumOf(json: string): string {
  return createHash("sha256").update(json).digest("hex").slice(0, 16);
}

/** @returns one line, newline included; `checksum` is the last field. */
export function recordLine(record: ExperimentRecord): string {
  // Through the schema, so that a record read back and written again has its keys in the same order.
  const json = JSON.stringify(recordSchema.parse(record));
  return `${json.slice(0, -1)},"checksum":"${checksumOf(json)}"}\n`;
}

/** What a records file held. */
export interface ReadRecords {
  readonly records: readonly ExperimentRecord[];
  /** Bytes of whole lines; what follows is a torn last line. */
  readonly wholeBytes: number;
  readonly torn: boolean;
}

/**
 * Reads all records. An unterminated last line is reported as torn.
 *
 * @throws RunFolderError naming the line for any other damage, and for another schema version.
 */
export function readRecords(bytes: Uint8Array, where: string): ReadRecords {
  const lastNewline = bytes.lastIndexOf(0x0a);
  const records: ExperimentRecord[] = [];
  for (let start = 0; start <= lastNewline; ) {
    const end = bytes.indexOf(0x0a, start);
    records.push(parseLine(bytes.subarray(start, end), `${where}, line ${records.length + 1}`));
    start = end + 1;
  }
  return { records, wholeBytes: lastNewline + 1, torn: lastNewline + 1 < bytes.length };
}

function parseLine(bytes: Uint8Array, where: string): ExperimentRecord {
  const damaged = (why: string): RunFolderError =>
    new RunFolderError(`${where} is damaged: ${why}`, "restore the file, or start a new folder with --out");
  // Bad UTF-8 would be mended silently, and a byte order mark dropped, without these two.
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let line: string;
  try {
    line = decoder.decode(bytes);
  } catch {
    throw damaged("it is not UTF-8");
  }
  const match = /^(.*),"checksum":"([0-9a-f]{16})"\}$/s.exec(line);
  const json = match === null ? null : `${match[1]}}`;
  if (json === null || checksumOf(json) !== match?.[2]) throw damaged("its checksum does not fit");
  const value = JSON.parse(json) as { schema?: unknown };
  if (!READ_SCHEMAS.some((schema) => schema === value.schema)) {
    throw new RunFolderError(
      `${where} has record schema ${String(value.schema)}, this version reads ${RECORD_SCHEMA}`,
      "use the CodiLens version that wrote it (manifest.json names it)",
    );
  }
  const checked = recordSchema.safeParse(value);
  if (!checked.success) throw damaged(checked.error.issues[0]?.message ?? "not a record");
  return checked.data;
}
