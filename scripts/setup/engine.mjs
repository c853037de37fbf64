/**
 * The engine's routes, in order: per-user cache → TensorFlow's library out of the pinned PyPI wheel with the binding built over it →
 * an earlier build, made for other kernels → tfjs-node-gpu's own download → WASM. A route counts only when a small program has loaded it and
 * multiplied two matrices.
 */

import { dirname, join } from "node:path";
import { cachedBinding, verify } from "./binding.mjs";
import { ownDownload } from "./download.mjs";
import { noGpuReason } from "./gpu.mjs";
import { kernelsMark } from "./kernels.mjs";
import { withLock } from "./lock.mjs";
import { buildFolder, earlierBuild, engineFolders, finished, installedEngine, keepNote } from "./notes.mjs";
import { readPins } from "./pins.mjs";
import { cacheNotices, commandLine, openByUmask, say, setupError, took, writable } from "./places.mjs";
import { ensureTfjs } from "./tfjs.mjs";
import { buildFromWheel } from "./wheel.mjs";

export { installedEngine } from "./notes.mjs";

/** What may be asked for by name. */
export const ENGINES = ["native", "wasm", "webgpu"];

/** What each platform can take. `tested` says where the project ran it itself. */
export const ROUTES = {
  "linux-x64": { routes: ["cache", "wheel", "earlier", "download", "wasm"], tested: true },
  "linux-arm64": { routes: ["cache", "wheel", "earlier", "download", "wasm"], tested: false },
  "darwin-x64": { routes: ["cache", "download", "wasm"], tested: false },
  "darwin-arm64": { routes: ["cache", "download", "wasm"], tested: false },
  "win32-x64": { routes: ["cache", "download", "wasm"], tested: false },
};

/**
 * Makes sure that an engine is installed. `retry` tries the routes again where WASM or an earlier build had been taken; `gpu` asks for the
 * CUDA build, and left out means the build that the machine can use out of those in the cache. Without `mayBuild` it takes what is finished
 * for these kernels, or ends with 5.
 */
export async function ensureEngine({ gpu, retry = false, forced = process.env.CODILENS_ENGINE, mayBuild = true } = {}) {
  if (forced && !ENGINES.includes(forced))
    throw setupError(`CODILENS_ENGINE is "${forced}", wanted native, wasm or webgpu`, 2);
  for (const notice of cacheNotices()) say(notice);
  // Asked for by name, these need no set-up, and a note of it would keep later runs from the faster engine.
  if (forced === "wasm" || forced === "webgpu") return { route: forced, engine: forced, why: "asked for" };
  const present = () => {
    const found = installedEngine({ gpu });
    return found?.engine === "native" || (found?.engine === "wasm" && forced !== "native") ? found : null;
  };
  const before = present();
  if (before !== null && !(retry && (before.engine === "wasm" || before.route === "earlier"))) return noted(before);
  if (!mayBuild && cachedFolder("cpu") === null && cachedFolder("gpu") === null)
    throw setupError(`no engine is set up here, and none is built now: run \`${commandLine("setup")}\` once`, 5);
  const cache = writableCache();
  if (cache === null) return takeRoute(null, { gpu, forced });
  return withLock(join(cache, ".lock"), ({ waited }) => {
    // Another set-up may have done the work meanwhile.
    const meanwhile = waited ? present() : null;
    return meanwhile ?? takeRoute(cache, { gpu, forced });
  });
}

/** Other users of this installation may have no way to the cache that it was found in. */
function noted({ noted: known, ...entry }) {
  return known === false ? keepNote({ ...entry, why: "found in the cache" }) : entry;
}

/** The folder in which an engine can be built; null where there is none, and what is finished elsewhere can only be read. */
function writableCache() {
  const [shared, own] = engineFolders();
  if (writable(shared)) return shared;
  if (own === shared || !writable(own)) return null;
  say(`the cache ${shared} cannot be written; using ${own}`);
  return own;
}

async function takeRoute(cache, { gpu, forced }) {
  const begin = Date.now();
  const platform = `${process.platform}-${process.arch}`;
  const cudaCached = noGpuReason() === null && (cachedFolder("gpu") ?? earlierBuild("gpu")) !== null;
  const kind = (gpu ?? cudaCached) ? "gpu" : "cpu";
  const reasons = cache === null ? [nowhere()] : [];
  const isFirst = earlierBuild(kind) === null;
  // Other kernels alone are no reason to fetch 3.4 GB that nobody asked for.
  const mayFetch = kind === "cpu" || gpu === true || isFirst;
  const none = isFirst ? "nothing in the cache" : "the build in the cache is of other kernels";
  for (const route of routesOf(platform, { cache, kind })) {
    const start = Date.now();
    try {
      const result = await attempt(route, { cache, platform, kind, mayFetch });
      if (result === null) continue;
      const why = route === "cache" ? "found in the per-user cache" : reasons.join("; ") || none;
      say(`engine: native TensorFlow ${result.version} from ${result.from} in ${took(start)} (${why})`);
      if (kind === "gpu") say(gpuLine(result));
      const { version: tensorflowVersion, binding, gpu: isCuda = kind === "gpu", kernels = false } = result;
      const entry = { route, engine: "native", tensorflowVersion, binding, gpu: isCuda, mark: kernelsMark(), kernels };
      return keepNote({ ...entry, why });
    } catch (error) {
      reasons.push(`${route}: ${error.message}`);
      say(`engine: route "${route}" not taken after ${took(start)}: ${error.message}`);
    }
  }
  if (kind === "gpu") {
    say("the CUDA build could not be installed; taking the CPU build");
    return installedEngine({ gpu: false }) ?? takeRoute(cache, { gpu: false, forced });
  }
  const why = reasons.join("; ");
  if (forced === "native")
    throw setupError(`no native engine could be installed: ${why}. Mend one of these, or set CODILENS_ENGINE=wasm`, 5);
  say(
    `engine: WASM (slower) in ${took(begin)}, because ${why || "nothing else exists for this platform"}. \`${commandLine("setup")}\` tries again`,
  );
  return keepNote({ route: "wasm", engine: "wasm", why });
}

/** Without a folder to build in, only what is there already; tfjs-node's own download has no CUDA 12. */
function routesOf(platform, { cache, kind }) {
  const routes = (ROUTES[platform]?.routes ?? ["download", "wasm"]).filter((route) => route !== "wasm");
  return routes.filter(
    (route) =>
      (route === "cache" || route === "earlier" || cache !== null) && !(kind === "gpu" && route === "download"),
  );
}

function nowhere() {
  const folders = [...new Set(engineFolders())];
  return `${folders.join(" and ")} cannot be written (CODILENS_CACHE names a folder that can)`;
}

function gpuLine({ device, reason }) {
  return device === null ? `the CUDA build computes on the CPU: ${reason}` : `the CUDA build computes on ${device}`;
}

/** The finished folder of a kind, wherever it can be read; or null. */
function cachedFolder(kind) {
  const folders = engineFolders().map((cache) => buildFolder(cache, kind));
  return folders.find((folder) => finished(folder, kind) !== null) ?? null;
}

async function attempt(route, { cache, platform, kind, mayFetch }) {
  if (route === "download") return ownDownload();
  if (route === "earlier") return takeEarlier(kind);
  const pins = readPins();
  const gpu = kind === "gpu";
  if (route === "wheel") {
    const folder = buildFolder(cache, kind);
    const made = await buildFromWheel({ folder, pins, platform, kind, mayFetch });
    return { version: pins.tensorflow, binding: cachedBinding(folder), ...made };
  }
  const folder = cachedFolder(kind);
  if (folder === null) return null;
  await ensureTfjs();
  // Earlier versions left the folder to its maker alone.
  openByUmask(folder);
  const binding = cachedBinding(folder);
  const from = `the cache in ${dirname(folder)}`;
  const { kernels } = finished(folder, kind);
  return { version: pins.tensorflow, from, binding, kernels, ...verify(binding, { gpu }) };
}

/** Kernels of another version are none of this one's: what they take and compute may differ. */
async function takeEarlier(kind) {
  const found = earlierBuild(kind);
  if (found === null) return null;
  await ensureTfjs();
  const from = `an earlier build in ${dirname(found.binding)}, without the kernels of this version`;
  return { version: readPins().tensorflow, from, ...found, ...verify(found.binding, { gpu: kind === "gpu" }) };
}
