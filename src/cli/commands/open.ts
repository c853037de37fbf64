/** `codilens open [DIR]`: the report of a run in the browser. Needs no model. */

import { existsSync, readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { BadInputError } from "../../base/errors.js";
import { printableLines } from "../arguments.js";
import { showPage } from "../show-page.js";

/** A run's page, and that of a comparison of runs. */
const PAGES = ["report.html", "comparison.html"];

/** Where runs are written by default. */
const RESULTS = "results";

/** Runs the command. @throws BadInputError where there is no report. */
export async function open(dir: string | undefined, { json }: { readonly json: boolean }): Promise<void> {
  const report = resolve(dir === undefined ? newestReport() : reportIn(dir));
  const trouble = await showPage({ place: report, name: "file" });
  if (json)
    process.stdout.write(
      `${JSON.stringify({ schema: 1, status: "complete", report, opened: trouble === null, reason: trouble }, null, 2)}\n`,
    );
  else process.stdout.write(printableLines(`report: ${report}${trouble === null ? "" : `\nnot opened: ${trouble}`}\n`));
}

function reportIn(dir: string): string {
  const found = pageIn(dir);
  if (found !== null) return found;
  if (!existsSync(dir))
    throw new BadInputError(`${dir} does not exist`, "name a folder that `codilens experiment` wrote");
  throw new BadInputError(
    `${dir} holds no ${PAGES.join(" or ")}`,
    existsSync(join(dir, "records.jsonl"))
      ? `write it: codilens analyze ${dir}`
      : "name a folder that `codilens experiment` wrote",
  );
}

/** The report that was written last, below `results`. */
function newestReport(): string {
  const folders = existsSync(RESULTS) ? readdirSync(RESULTS) : [];
  const found = folders
    .map((name) => pageIn(join(RESULTS, name)))
    .filter((page) => page !== null)
    .map((page) => ({ page, time: statSync(page).mtimeMs }))
    .sort((a, b) => b.time - a.time);
  const [newest] = found;
  if (newest !== undefined) return newest.page;
  throw new BadInputError(
    `There is no report below ${resolve(RESULTS)}`,
    "run `codilens experiment`, or name a folder: codilens open DIR",
  );
}

function pageIn(dir: string): string | null {
  return PAGES.map((name) => join(dir, name)).find((page) => existsSync(page)) ?? null;
}
