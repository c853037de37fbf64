/** The embedded model and problems, found beside the package wherever it is installed. */

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Folder of the embedded model. */
export const embeddedModel = fileURLToPath(new URL("../../weights/tiny-codi", import.meta.url));

/** The embedded problems. */
export const embeddedProblems = fileURLToPath(new URL("../../weights/tiny-codi/problems_100.jsonl", import.meta.url));

/** Embedded models that have a matched control, which is embedded too. */
const CONTROLS: Readonly<Record<string, string>> = { "tiny-coconut": "tiny-coconut-pause" };

/** Name of the control of a model that was named; null for one of the caller's own, and for one that has none. */
export function controlOfEmbedded(model: string): string | null {
  const isOwn = existsSync(model);
  return !isOwn && Object.hasOwn(CONTROLS, model) ? (CONTROLS[model] ?? null) : null;
}
