/**
 * `npm run notebooks`: executes examples/notebooks/*.ipynb by Deno's own kernel and writes their outputs into them. Some only:
 * `npm run notebooks -- examples/notebooks/1-first-steps.ipynb`. Installs Deno and Jupyter into the user's cache where they are not there.
 */

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { ensureEngine } from "./setup/engine.mjs";
import { project, say, setupError, took } from "./setup/places.mjs";
import { checkNode, ensureBuild, ensureDependencies } from "./setup/prepare.mjs";
import { denoProgram, ensureTestDeno } from "./setup/test-deno.mjs";
import { ensureTestPython, testPythonFolder } from "./setup/test-python.mjs";

const FOLDER = join(project, "examples", "notebooks");

/** Paths of all notebooks. */
export function notebooks() {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith(".ipynb"))
    .sort()
    .map((name) => join(FOLDER, name));
}

/**
 * Executes a notebook in its folder.
 *
 * @returns the notebook with its outputs, as an object; nothing of it tells when it ran.
 * @throws Error with Jupyter's words where a cell fails.
 */
export function executed(path) {
  const home = mkdtempSync(join(tmpdir(), "codilens-jupyter-"));
  try {
    const kernel = join(home, "kernels", "deno");
    mkdirSync(kernel, { recursive: true });
    writeFileSync(join(kernel, "kernel.json"), JSON.stringify(kernelSpec()));
    const args = [
      join(project, "scripts", "nbconvert-patient.py"),
      "--to",
      "notebook",
      "--execute",
      "--output-dir",
      home,
      resolve(path),
    ];
    const done = spawnSync(join(testPythonFolder(), "bin", "python"), [...args, ...SETTINGS], {
      cwd: dirname(path),
      encoding: "utf8",
      env: { ...process.env, JUPYTER_PATH: home, JUPYTER_PLATFORM_DIRS: "1", DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" },
    });
    if (done.status !== 0) throw new Error(`${relative(project, path)}: ${done.error?.message ?? done.stderr}`);
    return JSON.parse(readFileSync(join(home, basename(path)), "utf8"));
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

const SETTINGS = [
  "--ExecutePreprocessor.record_timing=False",
  "--ExecutePreprocessor.timeout=300",
  "--ExecutePreprocessor.coalesce_streams=True",
];

function kernelSpec() {
  return {
    argv: [denoProgram(), "jupyter", "--kernel", "--conn", "{connection_file}"],
    display_name: "Deno",
    language: "typescript",
  };
}

async function main() {
  checkNode();
  await ensureDependencies();
  await ensureEngine();
  await ensureBuild();
  const missing = [...(await ensureTestPython()), ...(await ensureTestDeno())];
  if (missing.length > 0) throw setupError("Jupyter or Deno could not be installed, see above", 5);
  const named = process.argv.slice(2);
  for (const path of named.length === 0 ? notebooks() : named) {
    const start = Date.now();
    writeFileSync(path, `${JSON.stringify(executed(path), null, 1)}\n`);
    say(`${relative(process.cwd(), resolve(path))} executed in ${took(start)}`);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
  main().catch((error) => {
    say(error.message);
    process.exitCode = error.exitCode ?? 1;
  });
