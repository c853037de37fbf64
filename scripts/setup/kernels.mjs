/** The sources of CodiLens's own kernels, which are compiled into the native engine's binding, and the mark that tells builds of them apart. */

import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { project } from "./places.mjs";

const folder = join(project, "scripts", "setup", "kernels");

/** Paths of their files, sorted; an editor's leftovers are not among them. */
export function kernelFiles() {
  const names = readdirSync(folder).filter((each) => /\.(?:cc|h|inc)$/.test(each));
  return names.sort().map((each) => join(folder, each));
}

let mark;

/** The first 8 hex digits of a SHA-256 over the files' names and contents: part of the name of every build of them. */
export function kernelsMark() {
  mark ??= hashOf(kernelFiles());
  return mark;
}

function hashOf(files) {
  const hash = createHash("sha256");
  for (const each of files) {
    const bytes = readFileSync(each);
    // The length keeps a line that moves from one file to the next from going unseen.
    hash.update(`${basename(each)} ${bytes.length}\n`).update(bytes);
  }
  return hash.digest("hex").slice(0, 8);
}
