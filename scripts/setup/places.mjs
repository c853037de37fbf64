/** Where things lie: the project, the per-user cache, the engine's note. Node's own modules only. */

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const project = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

/** The nearest folder that holds the named package, as Node would find it from the project. */
export function packageFolder(name, from = project) {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, "node_modules", name);
    if (exists(join(candidate, "package.json"))) return candidate;
    if (dirname(folder) === folder) return null;
  }
}

/** Per-user cache; `CODILENS_CACHE` overrides it. */
export function cacheRoot(env = process.env, platform = process.platform) {
  if (env.CODILENS_CACHE) return resolve(env.CODILENS_CACHE);
  if (platform === "win32") return join(env.LOCALAPPDATA ?? join(homedir(), "AppData", "Local"), "codilens");
  if (platform === "darwin") return join(homedir(), "Library", "Caches", "codilens");
  return join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "codilens");
}

/** Can files be made there? Makes the folder. */
export function writable(folder) {
  try {
    mkdirSync(folder, { recursive: true });
    const probe = join(folder, `.probe-${process.pid}`);
    writeFileSync(probe, "");
    rmSync(probe);
    return true;
  } catch {
    return false;
  }
}

import { existsSync } from "node:fs";
export const exists = existsSync;

/** One line on stderr. */
export function say(text) {
  process.stderr.write(`codilens: ${text}\n`);
}

/** Seconds since `start`, for a line. */
export function took(start) {
  return `${((Date.now() - start) / 1000).toFixed(1)} s`;
}
