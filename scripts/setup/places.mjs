/** Where things lie: the project, the per-user cache, the engine's note. Node's own modules only. */

import { accessSync, chmodSync, constants, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export { cacheNotices, cacheRoot, homeFolder } from "./cache-folder.mjs";
export { commandLine, isCheckout } from "./command-line.mjs";

export const project = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

/** The nearest folder that holds the named package, as Node would find it from the project. */
export function packageFolder(name, from = project) {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, "node_modules", name);
    if (exists(join(candidate, "package.json"))) return candidate;
    if (dirname(folder) === folder) return null;
  }
}

/** Can files be made there? Makes the folder. */
export function writable(folder) {
  try {
    makeFolder(folder);
    const probe = join(folder, `.probe-${process.pid}`);
    writeFileSync(probe, "");
    rmSync(probe);
    return true;
  } catch {
    return false;
  }
}

// Node's own recursive mkdir never returns where a parent refuses with ENOENT (as /proc does).
function makeFolder(folder) {
  if (existsSync(folder)) return;
  if (dirname(folder) !== folder) makeFolder(dirname(folder));
  try {
    mkdirSync(folder);
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
  }
}

export const exists = existsSync;

/** Can this user read the file? */
export function readable(file) {
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

/** Opens a folder that was made as a temporary one, which is its maker's alone, to those whom the umask lets in. */
export function openByUmask(folder) {
  try {
    chmodSync(folder, 0o777 & ~process.umask());
  } catch {
    // Another user's, who opened it or did not.
  }
}

/** One line on stderr. */
export function say(text) {
  process.stderr.write(`codilens: ${text}\n`);
}

/** Seconds since `start`, for a line. */
export function took(start) {
  return `${((Date.now() - start) / 1000).toFixed(1)} s`;
}

/** An error that ends the command with one sentence and an exit code. */
export function setupError(message, exitCode) {
  return Object.assign(new Error(message), { exitCode });
}

/** Last line of a tool's output, short. */
export function lastLine(text) {
  return (text ?? "").trim().split("\n").at(-1)?.slice(0, 200) ?? "";
}

/** First line of a tool's output that names an error (not one that only quotes source), short. */
export function firstError(text) {
  return (
    (text ?? "")
      .split("\n")
      .find((line) => /\b\w*error:/i.test(line))
      ?.trim()
      .slice(0, 200) ?? lastLine(text)
  );
}
