/** The embedded model and problems, found beside the package wherever it is installed. */

import { fileURLToPath } from "node:url";

/** Folder of the embedded model. */
export const embeddedModel = fileURLToPath(new URL("../../weights/tiny-codi", import.meta.url));

/** Folder of its matched control. */
export const embeddedControl = fileURLToPath(new URL("../../weights/tiny-pause", import.meta.url));

/** The embedded problems. */
export const embeddedProblems = fileURLToPath(new URL("../../weights/tiny-codi/problems_100.jsonl", import.meta.url));
