/** Data files made for a test. */

import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Writes a data file into a folder of its own; returns its path. */
export function dataFile(content: string | Uint8Array): string {
  const path = join(mkdtempSync(join(tmpdir(), "codilens-data-")), "data.jsonl");
  writeFileSync(path, content);
  return path;
}
