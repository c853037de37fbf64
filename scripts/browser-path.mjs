/** Where Chromium lies, for pictures of pages. */

import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { setupError } from "./setup/places.mjs";

/** @throws Error with exit code 5 and what to install where there is none. */
export function browserPath() {
  const programs = ["chromium", "chromium-browser", "google-chrome"];
  const folders = (process.env.PATH ?? "").split(delimiter);
  const paths = programs.flatMap((program) => folders.map((folder) => join(folder, program)));
  const found = [process.env.CHROMIUM ?? "", ...paths].find((each) => existsSync(each));
  if (found === undefined) throw setupError("no Chromium found: install Debian's package chromium, or set CHROMIUM", 5);
  return found;
}
