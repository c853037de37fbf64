/** Deno, which only notebooks and their tests need: in the user's cache, of the version that test/support/deno pins by hash. */

import { copyFileSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { withLock } from "./lock.mjs";
import { CI_OPTIONS, firstNpmError, npm } from "./npm.mjs";
import { cacheRoot, exists, project, say, took } from "./places.mjs";

const PINNED = join(project, "test", "support", "deno");
const LEFT_OUT = "tests of notebooks are left out";

/** Path of the program, which need not exist. */
export function denoProgram(env = process.env) {
  return join(
    folderOf(env),
    "node_modules",
    ...binaryPackage().split("/"),
    process.platform === "win32" ? "deno.exe" : "deno",
  );
}

/**
 * Installs it where it is not there yet. No script of the package runs: the program lies in the package of this platform.
 *
 * @returns `["deno"]` where it could not be installed; `npm test` leaves out what needs it, and says so.
 */
export async function ensureTestDeno(env = process.env) {
  if (exists(denoProgram(env))) return [];
  const folder = folderOf(env);
  return withLock(`${folder}.lock`, () => {
    if (exists(denoProgram(env))) return [];
    const trouble = install(folder, env);
    if (trouble === null) return [];
    say(`${LEFT_OUT}: ${trouble}`);
    return ["deno"];
  });
}

/** @returns what went wrong, or null. */
function install(folder, env) {
  const start = Date.now();
  say("fetching deno from the npm registry for the notebooks …");
  const temporary = mkdtempSync(`${folder}.part-`);
  try {
    for (const name of ["package.json", "package-lock.json"]) copyFileSync(join(PINNED, name), join(temporary, name));
    const done = npm(["ci", ...CI_OPTIONS, "--fetch-retries=1"], temporary, env);
    if (done.status !== 0) return `npm could not bring deno (${firstNpmError(done)})`;
    rmSync(folder, { recursive: true, force: true });
    renameSync(temporary, folder);
    if (!exists(denoProgram(env))) return `deno has no program for ${process.platform}-${process.arch}`;
    say(`deno installed in ${took(start)}`);
    return null;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

function folderOf(env) {
  const { dependencies } = JSON.parse(readFileSync(join(PINNED, "package.json"), "utf8"));
  return join(cacheRoot(env), `test-deno-${dependencies.deno}`);
}

function binaryPackage() {
  return `@deno/${process.platform}-${process.arch}${process.platform === "linux" ? "-glibc" : ""}`;
}
