/** Where a comparison is written unless it is said: a name that tells which runs are compared, and no other comparison's folder. */

import { existsSync, readFileSync, realpathSync } from "node:fs";
import { basename, join, relative, resolve, sep } from "node:path";
import { UsageError } from "../../base/errors.js";

/** Where comparisons lie, as runs do. */
const RESULTS = "results";
// Nobody reads on, and file systems have their limit.
const LONGEST = 120;

/**
 * `results/comparison-` and each run's path from the working folder, `results` left out, all joined by hyphens:
 * `results/a results/b` give `results/comparison-a-b`, `one/run two/run` give `results/comparison-one-run-two-run`.
 *
 * @throws UsageError where the comparison of other runs lies there.
 */
export function comparisonFolder(dirs: readonly string[]): string {
  const name = `comparison-${dirs.map(shortPath).join("-")}`.slice(0, LONGEST);
  const dir = join(RESULTS, name);
  const file = join(dir, "comparison.json");
  if (existsSync(file) && JSON.stringify(runsIn(file)) !== JSON.stringify(runsSeenFrom(dir, dirs)))
    throw new UsageError(`${dir} holds the comparison of other runs`, "name another folder with --out");
  return dir;
}

/** The runs' paths from the folder of their comparison, which moves with them. */
export function runsSeenFrom(out: string, dirs: readonly string[]): string[] {
  return dirs.map((dir) => relative(resolve(out), placeOf(dir)).split(sep).join("/"));
}

/** Where a folder lies, links followed. */
export function placeOf(dir: string): string {
  return existsSync(dir) ? realpathSync(dir) : resolve(dir);
}

function shortPath(dir: string): string {
  const parts = relative(process.cwd(), resolve(dir))
    .split(sep)
    .filter((each) => each !== "..");
  const named = parts[0] === RESULTS ? parts.slice(1) : parts;
  return named.join("-") || basename(resolve(dir));
}

/** @returns null where the file does not say. */
function runsIn(file: string): unknown {
  try {
    const { runs } = JSON.parse(readFileSync(file, "utf8")) as { readonly runs?: unknown };
    return runs ?? null;
  } catch {
    return null;
  }
}
