/** `codilens analyze DIR [DIR…]`: statistics, figures and report from what a folder holds; with several folders, what differs between them. */

import { join } from "node:path";
import { compareFolders, comparisonFolder } from "../../analysis/comparison/index.js";
import { analyzeRun } from "../../analysis/index.js";
import { UsageError } from "../../base/errors.js";
import { printableLines } from "../arguments.js";
import { latexLine, summaryLines } from "../summary-lines.js";

interface Flags {
  readonly out?: string;
  readonly study: readonly string[];
  readonly latex: boolean;
  readonly json: boolean;
}

/** Runs the command. */
export async function analyze(dirs: readonly string[], options: Flags): Promise<void> {
  const [dir = "."] = dirs;
  if (dirs.length > 1 && options.study.length > 0)
    throw new UsageError("--study is for one run: comparing draws no figures of studies", "leave it out");
  if (dirs.length > 1) return compare(dirs, options);
  if (options.out !== undefined)
    throw new UsageError(
      "--out is for comparing: one run is analysed where it lies",
      "leave it out, or name two folders",
    );
  const summary = await analyzeRun(dir, { latex: options.latex, studies: options.study });
  if (options.json)
    process.stdout.write(`${JSON.stringify({ schema: 1, status: "complete", dir, summary }, null, 2)}\n`);
  else
    process.stdout.write(
      `${[...summaryLines(summary), "", `report: ${dir}/report.html`, ...latexLine(dir, options)].join("\n")}\n`,
    );
}

async function compare(dirs: readonly string[], { out, latex, json }: Flags): Promise<void> {
  const dir = out ?? comparisonFolder(dirs);
  const comparisons = await compareFolders(dirs, dir, { latex });
  if (json) process.stdout.write(`${JSON.stringify({ schema: 1, status: "complete", dir, comparisons }, null, 2)}\n`);
  else {
    const said = comparisons.flatMap(({ first, second, sentence, notices }) => [
      `${first} and ${second}: ${sentence}`,
      ...notices.map((notice) => `note: ${notice}`),
    ]);
    process.stdout.write(
      printableLines(
        `${[...said, "", `report: ${join(dir, "comparison.html")}`, ...latexLine(dir, { latex })].join("\n")}\n`,
      ),
    );
  }
}
