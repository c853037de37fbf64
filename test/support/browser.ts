/** Real Chromium, for what only a browser can tell. */

import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, chromium } from "playwright-core";

/** Where Chromium lies. @throws Error with what to install when there is none: a page that nobody opened is not tested. */
export function chromiumPath(): string {
  const path = [
    process.env["CHROMIUM"] ?? "",
    ...["chromium", "chromium-browser", "google-chrome"].flatMap((program) =>
      (process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, program)),
    ),
  ].find((each) => existsSync(each));
  if (path === undefined)
    throw new Error("No Chromium found: install Debian's package chromium, or set CHROMIUM to its path");
  return path;
}

/** @throws Error as `chromiumPath` does. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath(), args: ["--no-sandbox"] });
}
