/** Hands a graph to TensorFlow's C library, which reads graphs from folders only. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NativeBackend } from "../engine.js";
import { TAG } from "../one-call/saved-model.js";

/** @param message the bytes of `saved_model.pb`. @returns the session's number; null where no folder can be made for it. */
export function loadGraph(binding: NativeBackend["binding"], message: Uint8Array): number | null {
  let folder: string;
  try {
    folder = mkdtempSync(join(tmpdir(), "codilens-graph-"));
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
