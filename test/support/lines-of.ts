/** What a run has written down, line by line. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The whole lines of a file in a run's folder, by default its records; none where there is no such file. A line that a kill cut short is left out. */
export function linesOf(dir: string, file = "records.jsonl"): string[] {
  const path = join(dir, file);
  return existsSync(path) ? readFileSync(path, "utf8").split("\n").slice(0, -1) : [];
}
