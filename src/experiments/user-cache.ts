/** The per-user cache folder, the same that the set-up keeps the engine in (`scripts/setup/places.mjs`). */

import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** @returns the folder, which need not exist; `CODILENS_CACHE` overrides it. */
export function userCache(
  env: Readonly<Record<string, string | undefined>> = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  if (env["CODILENS_CACHE"]) return resolve(env["CODILENS_CACHE"]);
  if (platform === "win32") return join(env["LOCALAPPDATA"] ?? join(homedir(), "AppData", "Local"), "codilens");
  if (platform === "darwin") return join(homedir(), "Library", "Caches", "codilens");
  return join(env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "codilens");
}
