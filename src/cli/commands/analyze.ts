/** `codilens analyze DIR`: statistics, figures and report from what a folder holds. */

import { analyzeRun } from "../../analysis/index.js";
import { summaryLines } from "../summary-lines.js";

/** Runs the command. */
export async function analyze(dir: string, options: { readonly json: boolean }): Promise<void> {
  const summary = await analyzeRun(dir);
  if (options.json)
    process.stdout.write(`${JSON.stringify({ schema: 1, status: "complete", dir, summary }, null, 2)}\n`);
  else process.stdout.write(`${[...summaryLines(summary), "", `report: ${dir}/report.html`].join("\n")}\n`);
}
