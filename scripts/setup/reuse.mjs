/** What an earlier build of the same wheel left, so that other kernels need no second download: TensorFlow's libraries and headers. */

import { copyFileSync, linkSync, mkdirSync, readdirSync, readlinkSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { cachedBinding, verify } from "./binding.mjs";
import { finished, finishedBuilds } from "./notes.mjs";
import { exists } from "./places.mjs";

/** What is taken out of TensorFlow's wheel: its libraries, and the headers that the binding and the kernels include. */
export const LIBRARIES = ["tensorflow/libtensorflow_framework.so.2", "tensorflow/libtensorflow_cc.so.2"];
export const HEADERS = [
  "tensorflow/c/",
  "tensorflow/core/platform/",
  "tensorflow/core/common_runtime/next_pluggable_device/c/",
  "xla/tsl/",
  "tsl/",
].map((each) => `tensorflow/include/${each}`);

/** Names and hashes of the CUDA packages, as a finished folder keeps them; a CPU build has none. */
export function nvidiaPins({ nvidia = [] }) {
  return nvidia.map(({ requirement, sha256 }) => `${requirement} ${sha256}`);
}

/** A finished folder in this cache whose libraries and headers serve a new build of the same pins; or null. */
export function reusableBuild(cache, { kind, pin }) {
  const wanted = JSON.stringify(nvidiaPins(pin));
  const isWhole = (folder) =>
    [...LIBRARIES, ...HEADERS].every((each) => exists(join(folder, each))) &&
    JSON.stringify(finished(folder, kind).nvidia ?? []) === wanted;
  return finishedBuilds(cache, kind).find(isWhole) ?? null;
}

/** Does a finished build still compute? Damaged libraries are fetched again, not handed on. */
export function computes(folder) {
  try {
    verify(cachedBinding(folder));
    return true;
  } catch {
    return false;
  }
}

/** Brings the libraries and headers of a finished folder into another one, as hard links where the file system has them. */
export function takeLibraries(from, to) {
  for (const each of ["tensorflow", "nvidia"]) if (exists(join(from, each))) linkAll(join(from, each), join(to, each));
}

function linkAll(from, to) {
  mkdirSync(to);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) linkAll(source, target);
    else if (entry.isSymbolicLink()) symlinkSync(readlinkSync(source), target);
    else linkOrCopy(source, target);
  }
}

function linkOrCopy(source, target) {
  try {
    linkSync(source, target);
  } catch {
    copyFileSync(source, target);
  }
}
