/** Hands a graph to TensorFlow's C library, which reads graphs from folders only. */

import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NativeBackend } from "../engine.js";
import { TAG } from "../one-call/saved-model.js";

const PREFIX = "codilens-graph-";
let isSwept = false;

/** @param message the bytes of `saved_model.pb`. @returns the session's number; null where no folder can be made for it. */
export function loadGraph(binding: NativeBackend["binding"], message: Uint8Array): number | null {
  if (!isSwept) removeLeftGraphs();
  isSwept = true;
  let folder: string;
  try {
    folder = mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`));
  } catch {
    return null;
  }
  try {
    writeFileSync(join(folder, "saved_model.pb"), message);
    return binding.loadSavedModel(folder, TAG);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Removes folders of processes that were killed while they had one. */
export function removeLeftGraphs(): void {
  try {
    for (const name of readdirSync(tmpdir()))
      if (isLeftGraph(name)) rmSync(join(tmpdir(), name), { recursive: true, force: true });
  } catch {
    // Another user's, or one that is gone by now.
  }
}

/** Is it the name of such a folder? */
export function isLeftGraph(name: string): boolean {
  const [, pid] = new RegExp(`^${PREFIX}(\\d+)-`).exec(name) ?? [];
  if (pid === undefined) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}
