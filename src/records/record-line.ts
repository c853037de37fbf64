/** A record as one line with its checksum, and back. */

import { createHash } from "node:crypto";
import { type ExperimentRecord, recordSchema } from "./record.js";
import { damagedLine, NO_FIT, recordOf, splitLine } from "./record-text.js";

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
  const { json, checksum } = splitLine(bytes, where);
  if (checksumOf(json) !== checksum) throw damagedLine(where, NO_FIT);
  return recordOf(json, where);
}
