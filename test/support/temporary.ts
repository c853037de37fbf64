/** Folders for tests that are gone when the file has ended. */

import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const made: string[] = [];

/** Removes them; no-leftovers.ts does so when the file's tests have ended. */
export function removeTemporaryFolders(): void {
  for (const path of made.splice(0)) rmSync(path, { recursive: true, force: true });
}

/** @returns a new, empty folder; it goes when the file's tests have ended. */
export function temporaryFolder(prefix: string): string {
  const path = mkdtempSync(join(realpathSync(tmpdir()), prefix));
  made.push(path);
  return path;
}
