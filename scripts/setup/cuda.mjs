/**
 * The CUDA build's folder, as the wheels lay it out in site-packages: `tensorflow/` beside `nvidia/NAME/lib`. TensorFlow's library opens
 * CUDA's by name when a device is first asked for, and the loader then looks only where that library's own RUNPATH says
 * (`$ORIGIN/../nvidia/NAME/lib` for some names); a library with a RUNPATH ignores the binding's RPATH.
 */

import { readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { exists } from "./places.mjs";

/** A package that TensorFlow's RUNPATH names, so that what is linked into its folder is found. */
const ON_RUNPATH = "cuda_runtime";

/**
 * Links all libraries of the CUDA packages into the folder of one that is on TensorFlow's RUNPATH. The wheels' own layout does not suffice:
 * TensorFlow 2.21 opens libcusolver.so.11 out of a library whose RUNPATH lacks `nvidia/cusolver`, and without it registers no GPU at all.
 * The libraries find each other from there too: their own RUNPATHs are relative (`$ORIGIN`, `$ORIGIN/../../NAME/lib`).
 *
 * @param folder that holds `tensorflow` and `nvidia`.
 */
export function linkCudaLibraries(folder) {
  const root = join(folder, "nvidia");
  const into = join(root, ON_RUNPATH, "lib");
  for (const name of readdirSync(root)) {
    const libraries = join(root, name, "lib");
    if (name === ON_RUNPATH || !exists(libraries)) continue;
    for (const each of readdirSync(libraries))
      if (/\.so(?:\.|$)/.test(each)) symlinkSync(join("..", "..", name, "lib", each), join(into, each));
  }
}
