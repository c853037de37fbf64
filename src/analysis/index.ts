/** Records → statistics, tables, figures, report. Needs no model and loads no TensorFlow. */

import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { isTemporary, sweepTemporaries } from "../disk/atomic-file.js";
import type { FigureSpec } from "../exhibits/figure.js";
import { CONTROL_FOLDER } from "../records/control-folder.js";
import type { ExperimentRecord } from "../records/record.js";
import { isShardFolder } from "../records/shard.js";
import type { Finding } from "../studies/finding.js";
import { type OutsideSides, outsideAnalysis } from "../studies/outside/sides.js";
import { putFigure } from "./draw/put-figure.js";
import type { RenderedFigure } from "./draw/render.js";
import { allFindings, namedFigures, tableFilesOf } from "./exhibits.js";
import { Beside, isWorthThread } from "./lanes/beside.js";
import { Lanes } from "./lanes/lanes.js";
import { LATEX_FOLDER, latexFiles } from "./latex/index.js";
import { loadKept, loadRun } from "./load.js";
import { originalFiles } from "./main/original.js";
import { buildReport } from "./report/report.js";
import { analyseOn } from "./summary.js";
import type { Analysis, Summary } from "./summary-types.js";
import { ofPacked, ofRows, putTables } from "./tables/put-tables.js";
import { tidyTable } from "./tables/tidy.js";
import { type OutputOptions, putOutput } from "./write.js";

export type { Exhibit, FigureExhibit, TableExhibit } from "../exhibits/exhibit.js";
export type { Estimate } from "../statistics/estimate.js";
export type { Finding, FindingInput, FindingMaker, StudySummary } from "../studies/finding.js";
export { loadRun } from "./load.js";
export { analyse, summarize } from "./summary.js";
export type { Analysis, AnalysisRow, RunData, Summary } from "./summary-types.js";

/** How a run is analysed. */
export interface RunOutput extends OutputOptions {
  /** Paths of studies from outside the package, whose own figures and tables are wanted. */
  readonly studies?: readonly string[];
  /** The folder's records in their order, where this process has just written or read them: they are not read again. */
  readonly records?: readonly ExperimentRecord[] | undefined;
}

/**
 * Analyses a folder and writes summary, tables, figures and report into it.
 *
 * @param dir a run folder, or one with only the original study's two JSON files.
 * @throws BadInputError, RunFolderError for what cannot be read; EnvironmentError when the disk is full.
 * @example
 * ```ts
 * const summary = await analyzeRun(dir);
 * summary.latents.length; // → 6
 * ```
 */
export async function analyzeRun(dir: string, options: RunOutput = {}): Promise<Summary> {
  const lanes = new Lanes();
  try {
    return await analyzedOn(lanes, dir, options);
  } finally {
    await lanes.close();
  }
}

async function analyzedOn(
  lanes: Lanes,
  dir: string,
  { latex = false, studies = [], records }: RunOutput,
): Promise<Summary> {
  const found = records === undefined ? loadRun(dir) : loadKept(dir, records);
  const { sides, notices } = await outsideAnalysis(studies, found.stories);
  const data = { ...found, notices: [...found.notices, ...notices] };
  const control = data.control?.studyRecords.length ?? 0;
  // A study from outside the package would have to be loaded there too.
  const beside = sides.size === 0 && isWorthThread(control) ? new Beside(join(dir, CONTROL_FOLDER)) : null;
  try {
    return await written(lanes, { dir, data, latex, sides, beside });
  } finally {
    await beside?.close();
  }
}

/** A run's folder and what is made of it. */
interface Written {
  readonly dir: string;
  readonly data: ReturnType<typeof loadRun>;
  readonly latex: boolean;
  readonly sides: OutsideSides;
  readonly beside: Beside | null;
}

async function written(lanes: Lanes, { dir, data, latex, sides, beside }: Written): Promise<Summary> {
  const tidy = tidyTable(data);
  const tables = tidy === null ? [] : [ofPacked(tidy, lanes.give("table", tidy.packed))];
  const begun: BegunFigure[] = [];
  const draw = (findings: readonly Finding[]): BegunFigure[] =>
    namedFigures(findings).map((each) => ({ ...each, drawn: lanes.give("figure", each.spec) }));
  const analysis = await analyseOn(data, {
    ...{ lanes, outside: sides, beside },
    // They are drawn while the main study's statistics are computed.
    onFindings: (findings) => begun.push(...draw(findings)),
  });
  begun.unshift(...draw(analysis.main));
  const { summary } = analysis;
  // An analysis that was killed may have left some; the checksums below would list them.
  for (const folder of ["", "tables", "figures", LATEX_FOLDER]) sweepTemporaries(join(dir, folder));
  putOutput(join(dir, "summary.json"), `${JSON.stringify(summary, null, 2)}\n`);
  const hasMain = summary.latents.length > 0;
  if (hasMain)
    putOutput(
      join(dir, data.testMode ? "summary_statistics_test.json" : "summary_statistics.json"),
      `${JSON.stringify(summary.original, null, 2)}\n`,
    );
  for (const [name, content] of originalFiles(data.records, data.testMode))
    if (hasMain && data.records.length > 0) putOutput(join(dir, name), `${JSON.stringify(content, null, 2)}\n`);
  await putTables(dir, [...tableFilesOf(allFindings(analysis)).map(ofRows), ...tables]);
  const svgs: { name: string; svg: string }[] = [];
  for (const each of begun) svgs.push({ name: each.name, svg: putFigure(dir, { ...each, drawn: await each.drawn }) });
  putOutput(join(dir, "report.html"), buildReport({ ...analysis, figures: svgs }));
  // A folder of an earlier analysis holds other numbers.
  if (latex || existsSync(join(dir, LATEX_FOLDER)))
    for (const [name, text] of latexFiles(analysis)) putOutput(join(dir, LATEX_FOLDER, name), text);
  putOutput(join(dir, "SHA256SUMS"), checksums(dir));
  return summary;
}

/** A figure that somebody is drawing. */
type BegunFigure = ReturnType<typeof namedFigures>[number] & { readonly drawn: Promise<RenderedFigure> };

/**
 * The drawings by file name: the main study's four where it was run, then those of the studies beside it.
 * @example
 * ```ts
 * const figures = figureSpecs(analyse(loadRun(dir)));
 * [...figures.keys()].slice(0, 2); // → [ '1_importance_by_position', '2_importance_heatmap' ]
 * ```
 */
export function figureSpecs(analysis: Pick<Analysis, "main" | "findings">): Map<string, FigureSpec> {
  return new Map(namedFigures(allFindings(analysis)).map(({ name, spec }) => [name, spec]));
}

// The manifest and the log hold times, the lock is passing: what is listed here is the same on a rerun.
const UNLISTED = new Set(["SHA256SUMS", "manifest.json", "log.jsonl", "lock", "profile.txt", "profile.trace.json"]);

function checksums(dir: string): string {
  const files = filesBelow(dir, "").filter(
    (name) => !UNLISTED.has(name) && !isTemporary(name) && !isShardFolder(name) && !isControl(name),
  );
  return files
    .map(
      (name) =>
        `${createHash("sha256")
          .update(readFileSync(join(dir, name)))
          .digest("hex")}  ${name}\n`,
    )
    .join("");
}

// A run of its own, which is sealed by itself.
function isControl(name: string): boolean {
  return name.startsWith(`${CONTROL_FOLDER}/`);
}

function filesBelow(dir: string, prefix: string): string[] {
  if (!existsSync(join(dir, prefix))) return [];
  return readdirSync(join(dir, prefix))
    .sort()
    .flatMap((name) => {
      const path = prefix === "" ? name : `${prefix}/${name}`;
      return statSync(join(dir, path)).isDirectory() ? filesBelow(dir, path) : [path];
    });
}
