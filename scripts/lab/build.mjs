/** Builds the page of `codilens lab` with Vite into `dist/lab`, where a source of it changed since. Repository only: a package brings the page. */

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withLock } from "../setup/lock.mjs";
import { project, say, setupError, took } from "../setup/places.mjs";
import { licences } from "./licences.mjs";

const stamp = join(project, ".setup", "lab");
const out = join(project, "dist", "lab");

/** What the page is made of. */
const SOURCES = [
  "package-lock.json",
  "scripts/lab",
  "src/base",
  "src/browser.ts",
  "src/lab",
  "src/model",
  "src/statistics",
  "weights/tiny-codi/model.safetensors",
];

/** Builds where something changed. @throws Error with exit code 1 and what Vite said. */
export async function ensureLab() {
  // A package has no sources, and brings the page.
  if (!existsSync(join(project, "src"))) return;
  const wanted = hashOf(SOURCES.flatMap((each) => filesOf(join(project, each))));
  const fresh = () =>
    existsSync(join(out, "index.html")) && existsSync(stamp) && readFileSync(stamp, "utf8") === wanted;
  if (fresh()) return;
  await withLock(join(project, ".setup", "lab.lock"), async () => {
    if (fresh()) return;
    const start = Date.now();
    say("building the page …");
    rmSync(stamp, { force: true });
    await bundle();
    computeExample();
    writeFileSync(stamp, wanted);
    say(`page built in ${took(start)}`);
  });
}

async function bundle() {
  const { build } = await import("vite");
  const notices = licences();
  try {
    await build({
      configFile: false,
      root: join(project, "src", "lab", "page"),
      base: "./",
      publicDir: false,
      logLevel: "error",
      cacheDir: join(project, ".setup", "vite"),
      plugins: [notices.plugin(), notices.writer()],
      worker: { format: "es", plugins: () => [notices.plugin()] },
      build: {
        outDir: out,
        emptyOutDir: true,
        target: "es2022",
        sourcemap: false,
        // Everything is a file of its own, for the policy allows no script or style in the page.
        assetsInlineLimit: 0,
        modulePreload: { polyfill: false },
        chunkSizeWarningLimit: 4000,
      },
    });
  } catch (error) {
    throw setupError(`the page could not be built: ${error.message}`, 1);
  }
}

/** What the page shows before its engine is there, computed by the page's own session in a process of its own. */
function computeExample() {
  const args = ["--import", "tsx", join(project, "scripts", "lab", "example.mjs"), join(out, "example.json")];
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: project, encoding: "utf8" });
  if (status !== 0) throw setupError(`the page's example could not be computed:\n${stderr}`, 1);
}

function filesOf(path) {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesOf(join(path, name)));
}

function hashOf(files) {
  const hash = createHash("sha256");
  for (const file of files) hash.update(`${file.slice(project.length)}\0`).update(readFileSync(file));
  return hash.digest("hex");
}
