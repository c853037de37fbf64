/** The engines' npm packages, loaded only once one of them is chosen. */

import { createRequire } from "node:module";
import { dirname } from "node:path";

/** Node's `require` of this package. */
export const requireHere = createRequire(import.meta.url);

/** Folder of an installed package. @throws where it is not installed. */
export function packageFolder(name: string): string {
  return dirname(requireHere.resolve(`${name}/package.json`));
}

/** The first line of an error's message. */
export function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";
}
