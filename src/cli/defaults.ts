/** The embedded model and problems, found beside the package wherever it is installed. */

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** What runs where no model is named. */
export const EMBEDDED_NAME = "tiny-codi";

/** Folder of the embedded model. */
export const embeddedModel = fileURLToPath(new URL(`../../weights/${EMBEDDED_NAME}`, import.meta.url));

/** The embedded problems. */
export const embeddedProblems = fileURLToPath(
  new URL(`../../weights/${EMBEDDED_NAME}/problems_100.jsonl`, import.meta.url),
);

/** Embedded models that have a matched control, which is embedded too. */
const CONTROLS: Readonly<Record<string, string>> = {
  [EMBEDDED_NAME]: "tiny-pause",
  "tiny-coconut": "tiny-coconut-pause",
};

/** Name of the control of a model; null for one of the caller's own, and for one that has none. @param model undefined: the default. */
export function controlOfEmbedded(model: string | undefined): string | null {
  const isOwn = model !== undefined && existsSync(model);
  const name = model ?? EMBEDDED_NAME;
  return !isOwn && Object.hasOwn(CONTROLS, name) ? (CONTROLS[name] ?? null) : null;
}
