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
  const answers = { "@tensorflow/tfjs": coreAlone(requireThere("@tensorflow/tfjs-core")) };
  // The package asks one module where its binding lies.
  if (binding !== undefined) answers["@mapbox/node-pre-gyp"] = { find: () => binding };
  const restore = Object.entries(answers).map((each) => answering(requireThere, ...each));
  try {
    return requireThere(folder);
  } finally {
    for (const each of restore) each();
  }
}

/** Answers whoever asks for a module with something else, until the function that is returned is called. */
function answering(requireThere, name, exports) {
  const path = requireThere.resolve(name);
  const before = requireThere.cache[path];
  const answer = new Module(path);
  answer.exports = exports;
  answer.loaded = true;
  requireThere.cache[path] = answer;
  return () => {
    if (before === undefined) delete requireThere.cache[path];
    else requireThere.cache[path] = before;
  };
}

/**
 * What tfjs-node takes of `@tensorflow/tfjs` to compute. The rest of that package (layers, a converter, data, backends for a browser) takes
 * every process a seventh of a second to load, and no kernel needs it: of the layers there are only names for training's progress bars.
 */
function coreAlone(core) {
  return {
    ...core,
    version: { "tfjs-core": core.version_core },
    CustomCallback: class CustomCallback {},
    registerCallbackConstructor: () => undefined,
  };
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
