/** A record as text: one line of JSON whose last field is a checksum. What checks it is given, so that a browser can read it too. */

import { RunFolderError } from "../base/errors.js";
import { quickCheckOf } from "./quick-check.js";
import { type ExperimentRecord, READ_SCHEMAS, RECORD_SCHEMA, recordSchema } from "./record.js";

/** Whether it is a record with its fields in the schema's order; where it says no, the schema is to be asked. */
export const isSurelyRecord = quickCheckOf(recordSchema);

/** A line taken apart. */
export interface SplitLine {
  /** The record without its checksum: what the checksum is over. */
  readonly json: string;
  readonly checksum: string;
}

// Bad UTF-8 would be mended silently, and a byte order mark dropped, without these two.
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** How a line ends, in characters that are a byte each. */
const END = /^,"checksum":"([0-9a-f]{16})"\}$/;
const END_LENGTH = checksumEnd("0".repeat(16)).length;

/** The end of a line, in place of the record's last brace. */
export function checksumEnd(checksum: string): string {
  return `,"checksum":"${checksum}"}`;
}

/** @param where file and line, for messages. @throws RunFolderError where the line is not UTF-8 or ends in no checksum. */
export function splitLine(bytes: Uint8Array, where: string): SplitLine {
  let line: string;
  try {
    line = decoder.decode(bytes);
  } catch {
    throw damagedLine(where, "it is not UTF-8");
  }
  const [, checksum] = END.exec(line.slice(-END_LENGTH)) ?? [];
  if (checksum === undefined) throw damagedLine(where, NO_FIT);
  return { json: `${line.slice(0, -END_LENGTH)}}`, checksum };
}

/** @param json whose checksum fits. @throws RunFolderError for another schema version, and for what is no record. */
export function recordOf(json: string, where: string): ExperimentRecord {
  let value: { schema?: unknown } | null;
  try {
    value = JSON.parse(json) as typeof value;
  } catch {
    throw damagedLine(where, "not a record");
  }
  if (!READ_SCHEMAS.some((schema) => schema === value?.schema)) {
    throw new RunFolderError(
      `${where} has record schema ${String(value?.schema)}, this version reads ${RECORD_SCHEMA}`,
      "use the CodiLens version that wrote it (manifest.json names it)",
    );
  }
  if (isSurelyRecord(value)) return value as unknown as ExperimentRecord;
  const checked = recordSchema.safeParse(value);
  if (!checked.success) throw damagedLine(where, checked.error.issues[0]?.message ?? "not a record");
  return checked.data;
}

/** What is wrong where the checksum is of another text. */
export const NO_FIT = "its checksum does not fit";

/** @returns the error of a line that is damaged. */
export function damagedLine(where: string, why: string): RunFolderError {
  return new RunFolderError(`${where} is damaged: ${why}`, "restore the file, or start a new folder with --out");
}
