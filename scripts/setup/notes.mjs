/** Which engine is installed: the set-up's notes, and finished folders of a cache. Reading is all that is needed; who owns them does not matter. */

import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { cachedBinding, ownBinding } from "./binding.mjs";
import { noGpuReason } from "./gpu.mjs";
import { readPins, readTfjsLock } from "./pins.mjs";
import { cacheRoot, project, readable } from "./places.mjs";
import { TFJS, tfjsFolder } from "./tfjs.mjs";

/** Layout of a CUDA build's folder; older ones are built again: TensorFlow does not find its libraries there. */
export const LAYOUT = 2;

/** Where a note may lie: in the package of tfjs-node, in the project, in the user's cache. */
export function notePlaces() {
  const tfjs = tfjsFolder();
  return [
    ...(tfjs === null ? [] : [join(tfjs, ".codilens-engine.json")]),
    join(project, ".setup", "engine.json"),
    join(cacheRoot(), "engine", "installed.json"),
  ];
}

/** Folders of engines, the user's or shared one first. */
export function engineFolders() {
  return [join(cacheRoot(), "engine"), join(project, ".setup", "engine")];
}

/** The folder of the pinned build of a kind, `cpu` or `gpu`, below a folder of engines. */
export function buildFolder(cache, kind) {
  const tfjs = readTfjsLock().packages[`node_modules/${TFJS}`].version;
  return join(cache, `tf-${readPins().tensorflow}-${kind}-tfjs-${tfjs}-${process.platform}-${process.arch}`);
}

/** What the set-up wrote when it had finished this folder; null where it is not finished, or its layout is not used any more. */
export function finished(folder, kind) {
  const found = readJson(join(folder, "complete.json"));
  return found === null || (kind === "gpu" && found.layout !== LAYOUT) ? null : found;
}

/**
 * What is installed, if it is still in place and of the pinned version: what a note says, else a finished folder that was seen to compute.
 * A library that a clone built is of no use to a package before tfjs-node-gpu has been fetched for it.
 *
 * @param gpu only the CUDA build (true), only the other (false); left out: what is noted.
 * @returns the note, with `noted: false` where it was found without one; or null.
 */
export function installedEngine({ gpu } = {}) {
  const isAsked = (each) => gpu === undefined || each.engine !== "native" || (each.gpu === true) === gpu;
  const noted = notePlaces()
    .map(readJson)
    .filter((each) => each !== null && isAsked(each));
  const usable = noted.map((each) => usableNote(each, gpu)).find((each) => each !== null);
  if (usable !== undefined && (usable.engine === "native" || gpu === undefined)) return usable;
  const kinds = (gpu ?? noGpuReason() === null) ? ["gpu", ...(gpu ? [] : ["cpu"])] : ["cpu"];
  const folders = kinds.flatMap((kind) => engineFolders().map((cache) => ({ kind, folder: buildFolder(cache, kind) })));
  return folders.map(asNote).find((each) => each !== null) ?? null;
}

// A CUDA build of an older layout computes on the CPU as ever; only who asks for the GPU needs another.
function usableNote(note, gpu) {
  if (note.engine === "wasm") return note;
  if (note.engine !== "native" || (note.route !== "download" && note.tensorflowVersion !== readPins().tensorflow))
    return null;
  if (tfjsFolder() === null) return null;
  const binding =
    note.binding ?? (note.route === "download" ? ownBinding() : cachedBinding(dirname(note.libPath ?? "")));
  if (!readable(binding)) return null;
  if (gpu === true && finished(dirname(binding), "gpu") === null) return null;
  return { ...note, binding };
}

function asNote({ folder, kind }) {
  const binding = cachedBinding(folder);
  if (finished(folder, kind)?.computes !== true || !readable(binding) || tfjsFolder() === null) return null;
  const gpu = kind === "gpu";
  return { route: "cache", engine: "native", tensorflowVersion: readPins().tensorflow, binding, gpu, noted: false };
}

function readJson(place) {
  try {
    return JSON.parse(readFileSync(place, "utf8"));
  } catch {
    return null;
  }
}

/** Keeps a note at the first place that can be written. @returns the note; where none can be, a later run looks for itself. */
export function keepNote(entry) {
  const text = JSON.stringify({ ...entry, at: new Date().toISOString() }, null, 2);
  for (const place of notePlaces()) {
    const temporary = `${place}.${process.pid}`;
    try {
      mkdirSync(dirname(place), { recursive: true });
      writeFileSync(temporary, text);
      renameSync(temporary, place);
      // An older note elsewhere would say something else.
      for (const other of notePlaces()) if (other !== place) rmSync(other, { force: true });
      return entry;
    } catch {}
  }
  return entry;
}
