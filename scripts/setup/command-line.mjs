/** How CodiLens is called here: in a clone of the repository by npm's scripts, as an installed package by its own command. */

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = (path) => existsSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)));

/** Whether this is a clone of the repository; else it is an installed package, which is complete and never built. */
export const isCheckout = here("src") && here("package-lock.json");

/** The command line that does this here: `setup --gpu` is `npm run setup -- --gpu` in a clone, `npx codilens setup --gpu` elsewhere. */
export function commandLine(command, clone = isCheckout) {
  if (!clone) return `npx codilens ${command}`;
  const [name, ...options] = command.split(" ");
  return ["npm run", name, ...(options.length > 0 ? ["--", ...options] : [])].join(" ");
}
