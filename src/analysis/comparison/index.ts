/** Several run folders → what differs between the first and each of the others, as tables, figures and a page. */

import { basename, join, resolve } from "node:path";
import { UsageError } from "../../base/errors.js";
import { putFigure } from "../draw/put-figure.js";
import { compute } from "../lanes/tasks.js";
import { LATEX_FOLDER, latexOfComparisons } from "../latex/index.js";
import { loadRun } from "../load.js";
import { ofRows, putTables } from "../tables/put-tables.js";
import { type OutputOptions, putOutput } from "../write.js";
import { compareRuns, type NamedRun } from "./compare-runs.js";
import { comparisonFigure } from "./comparison-figure.js";
import { placeOf, runsSeenFrom } from "./comparison-folder.js";
import { comparisonPage } from "./comparison-page.js";
import { comparisonSentence } from "./comparison-sentence.js";
import { comparisonTable } from "./comparison-table.js";
import type { RunComparison } from "./run-comparison.js";

export { comparisonFolder } from "./comparison-folder.js";

/**
 * Compares the first run with each of the others and writes it into a folder.
 *
 * @param dirs two or more folders, each of one run. @param out where to write; the runs' own folders are left as they are.
 * @throws UsageError for a folder that stands twice, or where `out` is one of them; BadInputError, RunFolderError for what cannot be read or compared.
 * @example
 * ```ts
 * import { cpSync } from "node:fs";
 * const other = `${dir}-copy`;
 * cpSync(dir, other, { recursive: true });
 * const [comparison] = await compareFolders([dir, other], `${dir}-compared`);
 * comparison?.shared; // → 4
 * ```
 */
export async function compareFolders(
  dirs: readonly string[],
  out: string,
  { latex = false }: OutputOptions = {},
): Promise<RunComparison[]> {
  const [first, ...others] = namedRuns(dirs);
  if (first === undefined || others.length === 0)
    throw new UsageError(`${dirs.length} folder is given, two are needed to compare`, "name two run folders");
  if (dirs.some((dir) => placeOf(dir) === placeOf(out)))
    throw new UsageError(`--out ${out} is one of the runs`, "name another folder: runs are left as they are");
  const comparisons = others.map((other): RunComparison => {
    const compared = compareRuns(first, other, first.data.seed);
    return { ...compared, sentence: comparisonSentence(compared) };
  });
  putOutput(
    join(out, "comparison.json"),
    `${JSON.stringify({ schema: 1, runs: runsSeenFrom(out, dirs), comparisons }, null, 2)}\n`,
  );
  await putTables(out, [ofRows(comparisonTable(comparisons))]);
  const svgs: string[] = [];
  for (const [place, comparison] of comparisons.entries()) {
    const spec = comparisonFigure(comparison);
    svgs.push(putFigure(out, { name: `comparison_${place + 1}`, spec, drawn: await compute("figure", spec) }));
  }
  putOutput(join(out, "comparison.html"), comparisonPage(comparisons, svgs));
  if (latex) for (const [name, text] of latexOfComparisons(comparisons)) putOutput(join(out, LATEX_FOLDER, name), text);
  return comparisons;
}

/** Short names where they tell the folders apart, else whole paths. */
function namedRuns(dirs: readonly string[]): NamedRun[] {
  const whole = dirs.map(placeOf);
  const twice = dirs.find((_, i) => whole.indexOf(whole[i] ?? "") !== i);
  if (twice !== undefined) throw new UsageError(`${twice} stands twice`, "name each run once");
  const short = dirs.map((dir) => basename(resolve(dir)));
  const areClear = new Set(short).size === short.length;
  return dirs.map((dir, i) => ({ name: areClear ? (short[i] ?? dir) : dir, data: loadRun(dir) }));
}
