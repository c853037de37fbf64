/** `codilens open [DIR]`: the report of a run in the browser. Needs no model. */

import { spawn } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { BadInputError, EnvironmentError } from "../../base/errors.js";
import { printableLines } from "../arguments.js";

/** A run's page, and that of a comparison of runs. */
const PAGES = ["report.html", "comparison.html"];

/** Where runs are written by default. */
const RESULTS = "results";

/** Runs the command. @throws BadInputError where there is no report. */
export async function open(dir: string | undefined, { json }: { readonly json: boolean }): Promise<void> {
  const report = resolve(dir === undefined ? newestReport() : reportIn(dir));
  const trouble = await show(report);
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

/**
 * Gives the page to the system's browser.
 *
 * @returns why nothing was opened, or null.
 * @throws EnvironmentError where the system's opener fails.
 */
function show(page: string): Promise<string | null> {
  const { platform, env } = process;
  const hasScreen = platform === "darwin" || platform === "win32" || Boolean(env["DISPLAY"] || env["WAYLAND_DISPLAY"]);
  if (!hasScreen) return Promise.resolve("there is no display here; open the file in a browser");
  const [program, ...args] = OPENERS[platform] ?? ["xdg-open"];
  return new Promise((done, fail) => {
    // Most openers end at once. One that stays is the browser itself, which must not hold the command.
    const child = spawn(program, [...args, page], { detached: true, stdio: "ignore" });
    const opened = (): void => {
      clearTimeout(patience);
      child.unref();
      done(null);
    };
    const patience = setTimeout(opened, PATIENCE_MS);
    const failed = (how: string): void => {
      clearTimeout(patience);
      fail(new EnvironmentError(`${program} ${how}, so ${page} was not opened`, "open the file in a browser"));
    };
    child.once("error", ({ message }) => failed(`could not be started (${message})`));
    child.once("exit", (code) => (code === 0 ? opened() : failed(`ended with ${code}`)));
  });
}

const PATIENCE_MS = 3000;

const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>>> = {
  darwin: ["open"],
  // `start` takes its first quoted argument for a window's title.
  win32: ["cmd", "/c", "start", ""],
};
