/** One process writes to a folder at a time. The lock has a folder of its own, so that no file of a model meets it. */

import { mkdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { diskError } from "../disk/atomic-file.js";
import { lockFolder } from "../disk/lock.js";

/** @returns what lets it go. @throws RunFolderError when another process holds it; EnvironmentError when it cannot be written. */
export function holdFolder(dir: string, takeOver: boolean): () => void {
  const place = join(dir, ".codilens-lock");
  try {
    mkdirSync(place, { recursive: true });
  } catch (error) {
    throw diskError(place, error);
  }
  const release = lockFolder(place, takeOver);
  return () => {
    release();
    try {
      rmdirSync(place);
    } catch {
      // Somebody else waits in it.
    }
  };
}
