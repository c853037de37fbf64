/** Data files made for a test. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "./temporary.js";

/** Writes a data file into a folder of its own; returns its path. */
export function dataFile(content: string | Uint8Array): string {
  const path = join(temporaryFolder("codilens-data-"), "data.jsonl");
  writeFileSync(path, content);
  return path;
}
