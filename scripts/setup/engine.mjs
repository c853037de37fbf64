/**
 * The engine's routes, in order: per-user cache → TensorFlow's library out of the pinned PyPI wheel with the binding built over it →
 * tfjs-node-gpu's own download → WASM. A route counts only when a small program has loaded it and multiplied two matrices.
 */

import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { bindingPath, link, verify } from "./binding.mjs";
import { noGpuReason } from "./gpu.mjs";
import { withLock } from "./lock.mjs";
import { readPins, readTfjsLock } from "./pins.mjs";
import {
  cacheNotices,
  cacheRoot,
  commandLine,
  exists,
  lastLine,
  project,
  say,
  setupError,
  took,
  writable,
} from "./places.mjs";
import { ensureTfjs, TFJS, tfjsFolder } from "./tfjs.mjs";
import { buildFromWheel } from "./wheel.mjs";

/** What each platform can take. `tested` says where the project ran it itself. */
export const ROUTES = {
  "linux-x64": { routes: ["cache", "wheel", "download", "wasm"], tested: true },
  "linux-arm64": { routes: ["cache", "wheel", "download", "wasm"], tested: false },
  "darwin-x64": { routes: ["cache", "download", "wasm"], tested: false },
  "darwin-arm64": { routes: ["cache", "download", "wasm"], tested: false },
  "win32-x64": { routes: ["cache", "download", "wasm"], tested: false },
};

/** The note that `src/model/tensor/backend.ts` reads. */
export function notePlaces() {
  const tfjs = tfjsFolder();
  return [...(tfjs === null ? [] : [join(tfjs, ".codilens-engine.json")]), join(project, ".setup", "engine.json")];
}

/** What an earlier set-up installed, if it is still in place and of the pinned version. */
export function installedEngine() {
  for (const place of notePlaces()) {
    const note = readNote(place);
    if (note?.engine === "wasm") return note;
    if (note?.engine !== "native" || !note.libPath || !exists(note.libPath) || !exists(bindingPath())) continue;
    if (note.route === "download" || note.tensorflowVersion === readPins().tensorflow) return note;
  }
  return null;
}

function readNote(place) {
  try {
    return JSON.parse(readFileSync(place, "utf8"));
  } catch {
    return null;
  }
}

/**
 * Makes sure that an engine is installed. `retry` tries the native routes again where WASM had been taken; `gpu` asks for the CUDA build,
 * and left out means the build that the machine can use out of those in the cache.
 */
export async function ensureEngine({ gpu, retry = false, forced = process.env.CODILENS_ENGINE } = {}) {
  if (forced && forced !== "native" && forced !== "wasm")
    throw setupError(`CODILENS_ENGINE is "${forced}", wanted native or wasm`, 2);
  for (const notice of cacheNotices()) say(notice);
  // Asked for by name, WASM needs no set-up, and a note of it would keep later runs from the faster engine.
  if (forced === "wasm") return { route: "wasm", engine: "wasm", why: "asked for" };
  const present = () => {
    const found = installedEngine();
    const asked = gpu === undefined || found?.gpu === gpu;
    return asked && (found?.engine === "native" || (found?.engine === "wasm" && forced !== "native")) ? found : null;
  };
  const before = present();
  if (before !== null && !(retry && before.engine === "wasm")) return before;
  const cache = engineCache();
  return withLock(join(cache, ".lock"), ({ waited }) => {
    // Another set-up may have done the work meanwhile.
    const meanwhile = waited ? present() : null;
    return meanwhile ?? takeRoute(cache, { gpu, forced });
  });
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
  const tfjs = readTfjsLock().packages[`node_modules/${TFJS}`].version;
  const place = (kind) => join(cache, `tf-${pins.tensorflow}-${kind}-tfjs-${tfjs}-${platform}`);
  const cudaCached = noGpuReason() === null && exists(join(place("gpu"), "complete.json"));
  const kind = (gpu ?? cudaCached) ? "gpu" : "cpu";
  const folder = place(kind);
  const reasons = [];
  for (const route of routes) {
    const start = Date.now();
    if (route === "wasm" && kind === "gpu") {
      say("the CUDA build could not be installed; taking the CPU build");
      return takeRoute(cache, { gpu: false, forced });
    }
    if (route === "wasm") {
      if (forced === "native") break;
      const why = reasons.join("; ");
      say(
        `engine: WASM (slower) in ${took(start)}, because ${why || "nothing else exists for this platform"}. \`${commandLine("setup")}\` tries again`,
      );
      return note({ route: "wasm", engine: "wasm", why });
    }
    try {
      if (kind === "gpu" && route === "download") continue;
      const result = await attempt(route, { folder, pins, platform, kind });
      if (result === null) continue;
      const why = route === "cache" ? "found in the per-user cache" : reasons.join("; ") || "nothing in the cache";
      say(`engine: native TensorFlow ${result.version} from ${result.from} in ${took(start)} (${why})`);
      return note({
        route,
        engine: "native",
        tensorflowVersion: result.version,
        libPath: result.libPath,
        gpu: kind === "gpu",
        why,
      });
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
  if (route === "download") return ownDownload();
  const { folder, pins } = context;
  if (route === "wheel") await buildFromWheel(context);
  else if (!exists(join(folder, "complete.json"))) return null;
  await ensureTfjs();
  link(folder);
  verify();
  return {
    version: pins.tensorflow,
    from: route === "wheel" ? "the PyPI wheel, binding built from source" : "the cache",
    libPath: join(folder, "libtensorflow_framework.so.2"),
  };
}

/** tfjs-node-gpu's own install script: CUDA 11 or CPU libtensorflow 2.9.1. */
async function ownDownload() {
  if (tfjsFolder() === null) await checkHost();
  await ensureTfjs();
  const folder = tfjsFolder();
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

/** Asks first whether that host answers at all, before the package is fetched for its script alone. */
async function checkHost() {
  // Through a proxy only the script knows the way.
  if (process.env.HTTPS_PROXY ?? process.env.https_proxy) return;
  const host = "storage.googleapis.com";
  try {
    await fetch(`https://${host}/`, { method: "HEAD", signal: AbortSignal.timeout(5_000) });
  } catch (error) {
    throw new Error(`its host ${host} cannot be reached (${error.cause?.code ?? error.name})`);
  }
}

function note(entry) {
  const text = JSON.stringify({ ...entry, at: new Date().toISOString() }, null, 2);
  for (const place of notePlaces()) {
    try {
      mkdirSync(dirname(place), { recursive: true });
      writeFileSync(`${place}.${process.pid}`, text);
      renameSync(`${place}.${process.pid}`, place);
      return entry;
    } catch {}
  }
  return entry;
}
