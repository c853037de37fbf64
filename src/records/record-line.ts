/** A record as one line with its checksum, and back. */

import { createHash } from "node:crypto";
import { type ExperimentRecord, recordSchema } from "./record.js";
import { checksumEnd, damagedLine, isSurelyRecord, NO_FIT, recordOf, splitLine } from "./record-text.js";

/** First 16 hex digits of SHA-256 over the record's JSON without the checksum. */
export function checksumOf(json: string): string {
  return createHash("sha256").update(json).digest("hex").slice(0, 16);
}

/** The record as it is read back: with its fields in the schema's order. @throws ZodError where it is none. */
export function checkedRecord(record: ExperimentRecord): ExperimentRecord {
  return isSurelyRecord(record) ? record : recordSchema.parse(record);
}

/** @returns one line, newline included; `checksum` is the last field. */
export function recordLine(record: ExperimentRecord): string {
  return lineOf(checkedRecord(record));
}

/** The same of a record that was checked. */
export function lineOf(checked: ExperimentRecord): string {
  const json = JSON.stringify(checked);
  return `${json.slice(0, -1)}${checksumEnd(checksumOf(json))}\n`;
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

const BEGIN = /^\{"schema":\d+,"key":"([0-9a-f]{64})",/;
const BEGIN_LENGTH = 100;

/** The lines of a records file that was read or written here, newlines included; of several with one key the last. */
export function linesByKey(bytes: Buffer): Map<string, Buffer> {
  const lines = new Map<string, Buffer>();
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline < 0 ? bytes.length : newline + 1;
    const [, key] = BEGIN.exec(bytes.toString("latin1", start, Math.min(end, start + BEGIN_LENGTH))) ?? [];
    if (key !== undefined && newline >= 0) lines.set(key, bytes.subarray(start, end));
    start = end;
  }
  return lines;
}

function parseLine(bytes: Uint8Array, where: string): ExperimentRecord {
  const { json, checksum } = splitLine(bytes, where);
  if (checksumOf(json) !== checksum) throw damagedLine(where, NO_FIT);
  return recordOf(json, where);
}
