/** `codilens merge`: shards become one run, which is analysed. */

import { relative } from "node:path";
import { analyzeRun } from "../../analysis/index.js";
import type { Summary } from "../../analysis/summary-types.js";
import { EXIT } from "../../base/errors.js";
import type { MergeOptions, MergeOutcome } from "../../experiments/shards/merge.js";
import { mergeApart } from "../../experiments/shards/merge-apart.js";
import { printableLines } from "../arguments.js";
import { baseFolder, modelFolder } from "../models.js";
import { latexLine, summaryLines } from "../summary-lines.js";

interface Flags {
  readonly model?: string;
  readonly base?: string;
  readonly force: boolean;
  readonly study: readonly string[];
  readonly protocol?: string;
  readonly partial: boolean;
  readonly new: boolean;
  readonly takeOver: boolean;
  readonly latex: boolean;
  readonly quiet: boolean;
  readonly json: boolean;
}

/** Runs the command; sets the exit code. */
export async function mergeRun(dir: string, flags: Flags): Promise<void> {
  const notice = (text: string): void => {
    if (!flags.quiet) process.stderr.write(`${printableLines(text)}\n`);
  };
  const outcome = await mergeApart(dir, await optionsOf(flags), { notice });
  notice("analysing …");
  const summary = await analyzeRun(dir, { latex: flags.latex, studies: outcome.studyFiles });
  print(outcome, summary, flags);
  process.exitCode = outcome.status === "complete" ? EXIT.ok : EXIT.partial;
}

async function optionsOf(flags: Flags): Promise<MergeOptions> {
  return {
    takeOver: flags.takeOver,
    fresh: flags.new,
    partial: flags.partial,
    force: flags.force,
    studyFiles: flags.study,
    ...(flags.protocol === undefined ? {} : { protocolFile: flags.protocol }),
    ...(flags.model === undefined ? {} : { model: await modelFolder(flags.model, flags) }),
    ...(await baseFolder(flags.base, flags)),
  };
}

function print({ dir, status, counts }: MergeOutcome, summary: Summary, flags: Flags): void {
  if (flags.json) {
    process.stdout.write(`${JSON.stringify({ schema: 1, status, dir, counts, summary }, null, 2)}\n`);
    return;
  }
  const shown = relative(process.cwd(), dir) || ".";
  const merged = `${counts.records} records, ${counts.merged} of them new from ${counts.shards} shards, ${counts.failed} failed`;
  process.stdout.write(
    `${[...summaryLines(summary), "", merged, `report: ${shown}/report.html`, ...latexLine(shown, flags)].join("\n")}\n`,
  );
}
