/** Whole files or none, and text that spreadsheets cannot run. */

import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { diskError, nodeFileSystem, putFile } from "../disk/atomic-file.js";
import type { Cell } from "../exhibits/cells.js";

/** What is written beside summary, tables, figures and page. */
export interface OutputOptions {
  /** Tables, methods and references for LaTeX; where they are already, they are always written anew. */
  readonly latex?: boolean;
}

// What is lost when the machine stops is made again by analyze.
const UNSYNCED = { ...nodeFileSystem, sync: () => undefined };

/** Writes a file by rename, in folders that are made. @throws EnvironmentError when the disk is full or not writable. */
export function putOutput(path: string, data: string | Uint8Array): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
  } catch (error) {
    throw diskError(path, error);
  }
  putFile(path, data, UNSYNCED);
}

/** Rows as CSV (RFC 4180). Text that a spreadsheet would run as a formula gets a quote in front. */
export function csv(header: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return `${[header, ...rows].map((row) => row.map(csvCell).join(",")).join("\r\n")}\r\n`;
}

function csvCell(value: Cell): string {
  if (value === null) return "";
  if (typeof value !== "string") return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
