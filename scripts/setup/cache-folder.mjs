/** The per-user cache folder, for the set-up and for the program: one place decides. Node's own modules only. */

import { homedir } from "node:os";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const project = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

/**
 * The user's home folder, or null where there is none: HOME unset for a user id that has no entry in /etc/passwd (a pod, a bare service
 * unit), or HOME set to no absolute path. Node's own `homedir` throws in the first case.
 */
export function homeFolder(env = process.env, platform = process.platform) {
  const named = platform === "win32" ? env.USERPROFILE : env.HOME;
  if (named) return isAbsolute(named) ? named : null;
  try {
    const found = homedir();
    return isAbsolute(found) ? found : null;
  } catch {
    return null;
  }
}

/**
 * The cache folder, which need not exist: CODILENS_CACHE, else what the platform has (XDG_CACHE_HOME or ~/.cache, ~/Library/Caches,
 * LOCALAPPDATA); without a home folder the project's own .setup. Variables are read as the XDG specification has them: a path that is
 * not absolute, `~/cache` included, is invalid and passed over.
 */
export function cacheRoot(env = process.env, platform = process.platform) {
  if (isUsable(env.CODILENS_CACHE)) return resolve(env.CODILENS_CACHE);
  const base = platformCache(env, platform);
  return base === null ? join(project, ".setup") : join(base, "codilens");
}

/** One sentence for each variable that is set to a path which is not absolute. */
export function cacheNotices(env = process.env, platform = process.platform) {
  const read = ["CODILENS_CACHE", ...(platform === "win32" || platform === "darwin" ? [] : ["XDG_CACHE_HOME"])];
  const wrong = read.filter((name) => env[name] && !isUsable(env[name]));
  const used = wrong.length === 0 ? "" : cacheRoot(env, platform);
  return wrong.map((name) => {
    const why = env[name].startsWith("~") ? " (only a shell replaces ~)" : "";
    return `${name} is "${env[name]}", which is no absolute path${why}: passed over; the cache is ${used}`;
  });
}

function platformCache(env, platform) {
  const home = homeFolder(env, platform);
  const below = (...names) => (home === null ? null : join(home, ...names));
  if (platform === "win32") return env.LOCALAPPDATA || below("AppData", "Local");
  if (platform === "darwin") return below("Library", "Caches");
  return isUsable(env.XDG_CACHE_HOME) ? env.XDG_CACHE_HOME : below(".cache");
}

function isUsable(path) {
  return path !== undefined && path !== "" && isAbsolute(path);
}
