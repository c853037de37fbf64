/** Which engine is installed: the set-up's notes, and finished folders of a cache. Reading is all that is needed; who owns them does not matter. */

import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { cachedBinding, ownBinding } from "./binding.mjs";
import { noGpuReason } from "./gpu.mjs";
import { kernelsMark } from "./kernels.mjs";
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

/** The folder of the pinned build of a kind, `cpu` or `gpu`, with the kernels as they are now, below a folder of engines. */
export function buildFolder(cache, kind) {
  return join(cache, buildName(kind, `-k${kernelsMark()}`));
}

function buildName(kind, mark) {
  const tfjs = readTfjsLock().packages[`node_modules/${TFJS}`].version;
  return `tf-${readPins().tensorflow}-${kind}-tfjs-${tfjs}${mark}-${process.platform}-${process.arch}`;
}

/** Finished folders of the pinned wheel below a folder of engines, whatever kernels they were compiled with, if any; the newest first. */
export function finishedBuilds(cache, kind) {
  const pin = pinOf(kind);
  const [start, end] = buildName(kind, " ").split(" ");
  const isBuild = (name) =>
    name.startsWith(start) && name.endsWith(end) && /^(?:-k[0-9a-f]{8})?$/.test(name.slice(start.length, -end.length));
  const folders = namesIn(cache)
    .filter(isBuild)
    .map((name) => join(cache, name));
  const fits = (folder) => {
    const found = finished(folder, kind);
    return found !== null && pin !== undefined && found.pin === pin.requirement && found.sha256 === pin.sha256;
  };
  const age = (folder) => statSync(join(folder, "complete.json")).mtimeMs;
  return folders.filter(fits).sort((a, b) => age(b) - age(a));
}

function pinOf(kind) {
  return readPins().platforms[`${process.platform}-${process.arch}`]?.[kind];
}

function namesIn(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
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

/** A build of the wheel's libraries belongs to the kernels that it was made for; what noted no mark was made before there were any. */
function usableNote(note, gpu) {
  if (note.engine === "wasm") return note;
  if (note.route !== "download" && note.mark !== kernelsMark()) return null;
  return placedNote(note, gpu);
}

// A CUDA build of an older layout computes on the CPU as ever; only who asks for the GPU needs another.
function placedNote(note, gpu) {
  if (note.engine !== "native" || (note.route !== "download" && note.tensorflowVersion !== readPins().tensorflow))
    return null;
  if (tfjsFolder() === null) return null;
  const binding =
    note.binding ?? (note.route === "download" ? ownBinding() : cachedBinding(dirname(note.libPath ?? "")));
  if (!readable(binding)) return null;
  if (gpu === true && finished(dirname(binding), "gpu") === null) return null;
  return { ...note, binding };
}

/**
 * A build of the pinned TensorFlow that was made for other kernels, or before there were any: the noted one, else the newest finished one.
 *
 * @returns `{ binding, gpu }`, or null.
 */
export function earlierBuild(kind) {
  const gpu = kind === "gpu";
  const ofPin = ({ binding, gpu: isCuda = false }) => {
    const found = readJson(join(dirname(binding), "complete.json"));
    return found === null || found.sha256 === pinOf(isCuda ? "gpu" : "cpu")?.sha256;
  };
  const noted = notePlaces()
    .map(readJson)
    .filter((each) => each !== null && each.route !== "download" && (each.gpu === true || !gpu))
    .filter((each) => each.route === "earlier" || each.mark !== kernelsMark())
    .map((each) => placedNote(each, gpu))
    .find((each) => each !== null && ofPin(each));
  if (noted !== undefined) return { binding: noted.binding, gpu: noted.gpu === true };
  const folders = engineFolders().flatMap((cache) =>
    finishedBuilds(cache, kind).filter((folder) => folder !== buildFolder(cache, kind)),
  );
  const binding = folders.map(cachedBinding).find(readable);
  return binding === undefined ? null : { binding, gpu };
}

function asNote({ folder, kind }) {
  const binding = cachedBinding(folder);
  const found = finished(folder, kind);
  if (found?.computes !== true || !readable(binding) || tfjsFolder() === null) return null;
  const engine = { route: "cache", engine: "native", tensorflowVersion: readPins().tensorflow, binding };
  return { ...engine, gpu: kind === "gpu", mark: kernelsMark(), kernels: found.kernels === true, noted: false };
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
