/** What the set-up fetches, by version and hash. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { project } from "./places.mjs";

const here = join(project, "scripts", "setup");

/** Pinned wheels; `CODILENS_ENGINE_LOCK` names another file (tests). */
export function readPins() {
  return JSON.parse(readFileSync(process.env.CODILENS_ENGINE_LOCK ?? join(here, "engine-lock.json"), "utf8"));
}

/** npm's lock of tfjs-node-gpu and what it depends on, hashes included: a part of the repository's own, which is not published. */
export function readTfjsLock() {
  return JSON.parse(readFileSync(join(here, "tfjs-lock.json"), "utf8"));
}
