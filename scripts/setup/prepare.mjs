/** Dependencies and build: each only when something changed. */

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { withLock } from "./lock.mjs";
import { CI_OPTIONS, firstNpmError, npm } from "./npm.mjs";
import { exists, isCheckout, packageFolder, project, say, setupError, took } from "./places.mjs";

const dist = join(project, "dist");
const stamps = join(project, ".setup");

/** Refuses a Node that is too old, in a sentence. */
export function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  throw setupError(`Node ${process.versions.node} is too old; wanted 20.19 or newer, 22 or 24`, 5);
}

/** `npm ci` where node_modules is missing or of another lock file. */
export async function ensureDependencies() {
  if (!isCheckout) return;
  const wanted = hash(readFileSync(join(project, "package-lock.json")));
  const stamp = join(stamps, "dependencies");
  const fresh = () =>
    exists(join(project, "node_modules", ".package-lock.json")) &&
    stampIs(stamp, wanted) &&
    packageFolder("typescript") !== null;
  if (fresh()) return;
  await withLock(join(stamps, "dependencies.lock"), async () => {
    if (fresh()) return;
    // npm would empty the folder that the link leads to, which is somebody else's.
    if (lstatSync(join(project, "node_modules"), { throwIfNoEntry: false })?.isSymbolicLink())
      throw setupError(
        "node_modules is a symbolic link and not up to date; remove the link, or run npm ci where it leads",
        5,
      );
    const start = Date.now();
    say("installing npm dependencies …");
    const done = npm(["ci", ...CI_OPTIONS], project);
    if (done.status !== 0) throw setupError(`npm ci failed (${firstNpmError(done)}). ${npmHint(done)}`, 5);
    if (packageFolder("typescript") === null)
      throw setupError(
        "npm ci ended well and left out typescript, which the build needs; look for what leaves it out in `npm config ls -l` (omit, only, dry-run, global)",
        5,
      );
    writeFileSync(stamp, wanted);
    say(`npm dependencies installed in ${took(start)}`);
  });
}

/** Compiles `src` to `dist` where a source changed since. */
export async function ensureBuild() {
  if (!isCheckout) return;
  const stamp = join(stamps, "build");
  const seen = join(stamps, "build-seen");
  const isThere = () => exists(stamp) && exists(join(dist, "cli", "main.js"));
  const files = sourceFiles();
  const glance = glanceAt(files);
  if (isThere() && stampIs(seen, glance)) return;
  const wanted = sourceHash(files);
  const fresh = () => isThere() && stampIs(stamp, wanted);
  if (fresh()) {
    noted(seen, glance);
    return;
  }
  await withLock(join(stamps, "build.lock"), async () => {
    if (fresh()) return;
    const start = Date.now();
    say("building …");
    rmSync(stamp, { force: true });
    for (const each of exists(dist) ? readdirSync(dist) : [])
      if (each !== "lab") rmSync(join(dist, each), { recursive: true, force: true });
    const tsc = join(packageFolder("typescript"), "bin", "tsc");
    const done = spawnSync(process.execPath, [tsc, "-p", join(project, "tsconfig.build.json")], {
      cwd: project,
      encoding: "utf8",
    });
    if (done.status !== 0) throw setupError(`the build failed:\n${done.stdout}`, 1);
    await bundled();
    writeFileSync(stamp, wanted);
    writeFileSync(seen, glance);
    say(`built in ${took(start)}`);
  });
}

/** Makes a few files of the many. What was compiled runs without, and starts later. */
async function bundled() {
  const { bundle, leadToBundle } = await import("../bundle.mjs");
  try {
    await bundle(project);
  } catch (error) {
    rmSync(join(dist, "bundle"), { recursive: true, force: true });
    say(`not bundled, so that every command starts later: ${error.message.split("\n")[0]}`);
    return;
  }
  leadToBundle(project);
}

/** Bundles what was compiled without, as `npm run build` leaves it: the package consists of nothing else. */
export async function ensureBundle() {
  if (!isCheckout) return;
  const { bundle, isBundled, leadToBundle } = await import("../bundle.mjs");
  if (isBundled(project)) return;
  await bundle(project);
  leadToBundle(project);
}

function sourceFiles() {
  const settings = ["tsconfig.json", "tsconfig.build.json", "scripts/bundle.mjs"].map((each) => join(project, each));
  // The page is built apart, by scripts/lab.
  const page = join(project, "src", "lab", "/");
  return [...settings, ...walk(join(project, "src")).filter((each) => !each.startsWith(page))];
}

function sourceHash(files) {
  return hash(files.map((file) => `${file}\0${readFileSync(file)}`).join("\0"));
}

/** Sizes and times alone: to read all sources takes longer than all else before a command's first line. */
function glanceAt(files) {
  const stated = files.map((file) => [file, statSync(file)]);
  return hash(stated.map(([file, { size, mtimeMs, ctimeMs }]) => [file, size, mtimeMs, ctimeMs].join("\0")).join("\0"));
}

function walk(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((each) => {
      const path = join(folder, each.name);
      return each.isDirectory() ? walk(path) : [path];
    });
}

/** Where it cannot be written, sources are read each time. */
function noted(file, text) {
  try {
    writeFileSync(file, text);
  } catch {
    // Another user's clone.
  }
}

function hash(data) {
  return createHash("sha256").update(data).digest("hex");
}

function stampIs(file, wanted) {
  mkdirSync(dirname(file), { recursive: true });
  return exists(file) && readFileSync(file, "utf8") === wanted;
}

function npmHint({ error, stderr }) {
  if (error?.code === "ENOENT") return "npm was not found on the PATH: install it, it comes with Node";
  if (/\bE(?:ACCES|PERM|ROFS)\b/.test(stderr ?? ""))
    return `This user cannot write to ${project}: let its owner run \`npm run setup\` once`;
  return "Is the registry reachable?";
}
