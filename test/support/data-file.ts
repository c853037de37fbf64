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

/** A data file of two questions, `p0` and `p1`; returns its path. */
export function twoProblems(): string {
  const questions = ["Tom has 3 pens and buys 4 more. How many?", "Ann had 12, lost 5. How many?"];
  return dataFile(
    questions.map((question, i) => `${JSON.stringify({ id: `p${i}`, question, answer: "#### 7" })}\n`).join(""),
  );
}
