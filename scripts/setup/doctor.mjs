/** `codilens doctor`: what is here, what is missing, what to do about it. */

import { readdirSync, readFileSync, statfsSync, statSync } from "node:fs";
import { availableParallelism, freemem, totalmem } from "node:os";
import { join } from "node:path";
import { verify } from "./binding.mjs";
import { installedEngine, ROUTES } from "./engine.mjs";
import { noGpuReason } from "./gpu.mjs";
import { earlierBuild } from "./notes.mjs";
import {
  cacheNotices,
  cacheRoot,
  commandLine,
  exists,
  homeFolder,
  isCheckout,
  packageFolder,
  project,
} from "./places.mjs";
import { webgpuFound } from "./webgpu.mjs";
import { WEBGPU_INSTALL } from "./webgpu-adapter.mjs";

/** Prints the table (or JSON) and returns the exit code: 0, or 5 where something needed is missing. */
export function doctor(json) {
  const checks = [node(), dependencies(), engine(), cpu(), gpu(), webgpu(), cache(), memory(), disk(), weights()];
  const rows = checks.map(
    ({ name, found, ok, todo }) =>
      `${ok ? "ok  " : "WANT"} ${name.padEnd(13)} ${found}${todo ? `\n     ${" ".repeat(13)} → ${todo}` : ""}`,
  );
  // A reader that went away (`| head`) is no fault.
  process.stdout.on("error", () => {});
  process.stdout.write(`${json ? JSON.stringify({ schema: 1, checks }, null, 2) : rows.join("\n")}\n`);
  return checks.every(({ ok }) => ok) ? 0 : 5;
}

const check = (name, found, ok = true, todo = null) => ({ name, found, ok, todo });

function node() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  return check(
    "Node",
    process.versions.node,
    major > 20 || (major === 20 && minor >= 19),
    major < 20 ? "install Node 20.19, 22 or 24" : null,
  );
}

function dependencies() {
  const there = packageFolder("@tensorflow/tfjs-core") !== null;
  return check(
    "dependencies",
    there ? "installed" : "missing",
    there,
    there ? null : `run \`${commandLine("setup")}\``,
  );
}

function engine() {
  const note = installedEngine();
  const platform = `${process.platform}-${process.arch}`;
  if (process.env.CODILENS_ENGINE === "wasm") return check("engine", "WASM, because CODILENS_ENGINE=wasm asks for it");
  if (process.env.CODILENS_ENGINE === "webgpu")
    return check("engine", "WebGPU, because CODILENS_ENGINE=webgpu asks for it");
  if (note === null && earlierBuild("cpu") !== null)
    return check("engine", "native, built for other kernels; the next command that computes builds it again");
  if (note === null) return check("engine", "none installed", false, `run \`${commandLine("setup")}\``);
  const tested = ROUTES[platform]?.tested ? "" : ` (${platform} is untested)`;
  if (note.engine === "native")
    return check(
      "engine",
      `native, TensorFlow ${note.tensorflowVersion}, route ${note.route}, ${note.kernels ? "with" : "without"} kernels of CodiLens${note.gpu ? ", CUDA build" : ""}${tested}`,
    );
  return check(
    "engine",
    `WASM, because ${note.why || "asked for"}${tested}`,
    true,
    `it is several times slower; \`${commandLine("setup")}\` tries the native routes again`,
  );
}

function cpu() {
  let flags = "";
  try {
    const line =
      readFileSync("/proc/cpuinfo", "utf8")
        .split("\n")
        .find((each) => each.startsWith("flags")) ?? "";
    flags = ["fma", "avx2", "avx512f", "amx_tile"].filter((flag) => line.split(/\s+/).includes(flag)).join(" ");
  } catch {}
  return check("CPU", `${availableParallelism()} threads${flags ? `, ${flags}` : ""}`);
}

// The driver says what could be, the engine what is: it is asked which device it takes, and multiplies on it.
function gpu() {
  const why = noGpuReason();
  const note = installedEngine();
  if (note?.gpu !== true) {
    if (why !== null) return check("GPU", `none: ${why}; computing on the CPU`);
    return check("GPU", "driver found, CPU build installed", true, `run \`${commandLine("setup --gpu")}\``);
  }
  if (why !== null) return check("GPU", `none; the CUDA build computes on the CPU: ${why}`);
  try {
    const { device, reason } = verify(note.binding, { gpu: true });
    if (device !== null) return check("GPU", `${device} computes (CUDA build)`);
    const found = `driver found; the CUDA build computes on the CPU: ${reason}`;
    return check("GPU", found, true, `mend that, or run \`${commandLine("setup --gpu")}\` where libraries are missing`);
  } catch (error) {
    return check(
      "GPU",
      `the CUDA build is installed: ${error.message}`,
      false,
      `run \`${commandLine("setup --gpu")}\``,
    );
  }
}

// It is taken by name alone, so that nothing is wrong where there is none, unless it was asked for.
function webgpu() {
  const asked = process.env.CODILENS_ENGINE === "webgpu";
  const { state, why, name, driver, isSoftware, bindingBytes, bufferBytes } = webgpuFound();
  if (state === "missing") return check("WebGPU", "not installed", !asked, WEBGPU_INSTALL);
  if (state !== "found")
    return check("WebGPU", `no adapter: ${why}`, !asked, "install the GPU's driver (Vulkan on Linux)");
  const limits = `largest tensor ${mebibytes(bindingBytes)}, largest buffer ${mebibytes(bufferBytes)}`;
  const found = `${name} (${driver}); ${limits}`;
  if (!isSoftware) return check("WebGPU", `${found}; taken by --engine webgpu`);
  const isForced = process.env.CODILENS_WEBGPU_SOFTWARE === "1";
  return check(
    "WebGPU",
    `${found}; it computes on the CPU`,
    !asked || isForced,
    isForced ? null : "it is taken only where CODILENS_WEBGPU_SOFTWARE=1 asks for it",
  );
}

function cache() {
  const root = cacheRoot();
  if (exists(root) && !statSync(root).isDirectory())
    return check(
      "cache",
      `${root} is a file`,
      true,
      "the project's own .setup folder is used; move the file, or set CODILENS_CACHE",
    );
  const notices = cacheNotices();
  const home = homeFolder() === null ? "no home folder is known; HOME or CODILENS_CACHE names one" : null;
  const size = exists(root) ? sizeOf(root) : null;
  const found = size === null ? `${root} (empty)` : `${root} (${mebibytes(size)})`;
  return check("cache", found, true, notices.length > 0 ? notices.join("; ") : home);
}

// What may not be read counts nothing: another user's part of a shared cache. Builds share their libraries by hard links, which count once.
function sizeOf(folder, seen = new Set()) {
  return entriesOf(folder).reduce((sum, entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sum + sizeOf(path, seen);
    const file = entry.isFile() ? statSync(path, { throwIfNoEntry: false }) : undefined;
    if (file === undefined || seen.has(file.ino)) return sum;
    if (file.nlink > 1) seen.add(file.ino);
    return sum + file.size;
  }, 0);
}

function entriesOf(folder) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

function memory() {
  const limit = Math.min(process.constrainedMemory?.() || Number.POSITIVE_INFINITY, totalmem());
  // Counts the cgroup's limit and what it uses already.
  const free = Math.min(process.availableMemory?.() ?? freemem(), limit);
  return check(
    "memory",
    `${mebibytes(free)} free of ${mebibytes(limit)}${roomFor(free)}`,
    free > 1e9,
    free > 1e9 ? null : "free at least 1 GB",
  );
}

/**
 * What a load of published LLaMA sizes takes at its peak, in GB: in float32, and held in the 16 bits of its files. A test compares it with
 * the estimate of a load.
 */
export const LOADS = [
  ["1B", 5.9, 3.6],
  ["3B", 13.9, 7.7],
  ["8B", 33.4, 17.9],
];

/** The largest that fits, in float32 and held as stored. */
function roomFor(free) {
  const largest = (column) => LOADS.filter((load) => load[column] * 1e9 <= free).at(-1);
  const [float32, stored] = [largest(1), largest(2)];
  const first =
    float32 === undefined ? ": no room for a model of 1B" : `: room for a model of ${float32[0]} (${float32[1]} GB)`;
  if (stored === undefined || stored === float32) return first;
  return `${first}, for ${stored[0]} with --hold stored (${stored[2]} GB; files in BF16 or F16, without LoRA pairs)`;
}

function disk() {
  const { bavail, bsize } = statfsSync(project);
  const free = bavail * bsize;
  return check(
    "disk",
    `${mebibytes(free)} free`,
    free > 2e9,
    free > 2e9 ? null : "free at least 2 GB for engine and results",
  );
}

function weights() {
  const root = join(project, "weights");
  const found = exists(root) ? readdirSync(root).filter((each) => exists(join(root, each, "model.safetensors"))) : [];
  return check(
    "weights",
    found.join(", ") || "none",
    found.length > 0,
    found.length > 0
      ? null
      : `${isCheckout ? "clone the repository" : "install the package"} again: weights/tiny-codi is part of it`,
  );
}

function mebibytes(bytes) {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}
