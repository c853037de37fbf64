/** The compiled binding between tfjs-node and TensorFlow's library: its place in node_modules, and the proof that it computes. */

import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { firstError, project } from "./places.mjs";
import { tfjsFolder } from "./tfjs.mjs";

/** Where tfjs-node looks for its binding. */
export function bindingPath() {
  return join(tfjsFolder() ?? project, "lib", "napi-v8", "tfjs_binding.node");
}

/** Puts the binding of a cache folder where tfjs-node looks for it. */
export function link(folder) {
  const to = bindingPath();
  mkdirSync(dirname(to), { recursive: true });
  rmSync(to, { force: true });
  try {
    symlinkSync(join(folder, "tfjs_binding.node"), to);
  } catch {
    cpSync(join(folder, "tfjs_binding.node"), to);
  }
}

const TRIAL = `
const util = require("node:util");
util.isNullOrUndefined ??= (v) => v == null; util.isArray ??= Array.isArray;
const tf = require(process.argv[1]);
const out = tf.matMul([[1, 2], [3, 4]], [[5], [6]]).dataSync();
if (out[0] !== 17 || out[1] !== 39) throw new Error("wrong product " + out);
`;

/** Loads the engine in a child and multiplies; a route that cannot do that is not taken. */
export function verify() {
  const done = spawnSync(process.execPath, ["-e", TRIAL, tfjsFolder()], {
    encoding: "utf8",
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: "3" },
  });
  if (done.status === 0) return;
  rmSync(bindingPath(), { force: true });
  throw new Error(`the library does not run here (${firstError(done.stderr) || done.signal || `exit ${done.status}`})`);
}
