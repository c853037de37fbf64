/**
 * Where tfjs-node-gpu lies, the JavaScript over TensorFlow's library. A clone has it among its own dependencies. An installed package
 * may not depend on it: its install script fails the whole `npm install` where its host cannot be reached, and fetches a library for
 * CUDA 11 where it can. There the set-up puts it into the user's cache, with scripts off (docs/adr/010-engine-outside-the-package.md).
 */

import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { withLock } from "./lock.mjs";
import { CI_OPTIONS, firstNpmError, npm } from "./npm.mjs";
import { readPins, readTfjsLock } from "./pins.mjs";
import { cacheRoot, exists, openByUmask, project, say, took, writable } from "./places.mjs";

export const TFJS = "@tensorflow/tfjs-node-gpu";

/** Its folder: the project's own, else the user's cache, else the one that the project keeps where the cache cannot be written; or null. */
export function tfjsFolder() {
  const places = [project, ...cacheFolders()].map((folder) => join(folder, "node_modules", TFJS));
  return places.find((folder) => exists(join(folder, "package.json"))) ?? null;
}

/** Folders that hold it for one version of it and of TensorFlow, whose binding is linked into it. */
function cacheFolders() {
  const { version } = readTfjsLock().packages[`node_modules/${TFJS}`];
  const name = `tfjs-node-gpu-${version}-tf-${readPins().tensorflow}`;
  return [join(cacheRoot(), "npm", name), join(project, ".setup", "npm", name)];
}

let failure;

/**
 * Installs it where it is missing; nothing of it runs while it is installed.
 *
 * @throws Error in words where npm cannot bring it, or no folder can be written.
 */
export async function ensureTfjs() {
  if (tfjsFolder() !== null) return;
  // The next route would wait for the same registry in vain.
  if (failure !== undefined) throw failure;
  const folder = cacheFolders().find((each) => writable(dirname(each)));
  if (folder === undefined) throw new Error(`${cacheFolders().map(dirname).join(" and ")} cannot be written`);
  await withLock(`${folder}.lock`, () => {
    if (tfjsFolder() === null) install(folder);
  });
}

function install(folder) {
  const start = Date.now();
  const lock = readTfjsLock();
  say(`fetching ${TFJS} ${lock.packages[`node_modules/${TFJS}`].version} from the npm registry …`);
  const temporary = mkdtempSync(`${folder}.part-`);
  try {
    writeFileSync(join(temporary, "package.json"), JSON.stringify({ private: true, ...lock.packages[""] }));
    writeFileSync(join(temporary, "package-lock.json"), JSON.stringify(lock));
    const done = npm(["ci", ...CI_OPTIONS, "--fetch-retries=1"], temporary, ownSettings());
    if (done.status !== 0) {
      failure = new Error(`npm could not bring ${TFJS} (${firstNpmError(done)})`);
      throw failure;
    }
    openByUmask(temporary);
    rmSync(folder, { recursive: true, force: true });
    renameSync(temporary, folder);
    say(`${TFJS} installed in ${took(start)}`);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** The environment without what says which of the calling project's workspaces are meant. */
function ownSettings() {
  const foreign = /^npm_config_(?:workspaces?|include_workspace_root|location)$/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
}
