/** Loads tfjs-node over a binding that lies elsewhere, so that nothing has to be written into its package. */

import Module, { createRequire } from "node:module";
import { join } from "node:path";
import nodeUtil from "node:util";

/**
 * Loads it; its backend is TensorFlow.js's from then on.
 *
 * @param folder of the package `@tensorflow/tfjs-node-gpu`.
 * @param binding path of the compiled binding; without it the package's own.
 * @returns the package's exports.
 * @throws what the package throws where its binding is missing or does not load.
 */
export function loadTfjs(folder, binding) {
  restoreRemovedUtilities();
  const requireThere = createRequire(join(folder, "package.json"));
  shareCore(requireThere);
  if (binding === undefined) return requireThere(folder);
  // The package asks one module where its binding lies; for the while of its loading another answers.
  const finder = requireThere.resolve("@mapbox/node-pre-gyp");
  const before = requireThere.cache[finder];
  const answering = new Module(finder);
  answering.exports = { find: () => binding };
  answering.loaded = true;
  requireThere.cache[finder] = answering;
  try {
    return requireThere(folder);
  } finally {
    if (before === undefined) delete requireThere.cache[finder];
    else requireThere.cache[finder] = before;
  }
}

/** Gives it our copy of tfjs-core for its own, where it lies in the user's cache with one beside it: two would warn of each other. */
function shareCore(requireThere) {
  const core = "@tensorflow/tfjs-core";
  const requireHere = createRequire(import.meta.url);
  try {
    requireHere(core);
    requireThere.cache[requireThere.resolve(core)] ??= requireHere.cache[requireHere.resolve(core)];
  } catch {
    // It loads its own.
  }
}

// tfjs-node 4.22 calls two functions that Node 22 warns of and later ones no longer have.
function restoreRemovedUtilities() {
  nodeUtil.isNullOrUndefined = (value) => value === null || value === undefined;
  nodeUtil.isArray = Array.isArray;
}
