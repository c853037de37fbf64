/** The compiled binding between tfjs-node and TensorFlow's library: where it lies, and the proof that it computes. */

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cpuReason, deviceName } from "./gpu.mjs";
import { firstError, project } from "./places.mjs";
import { tfjsFolder } from "./tfjs.mjs";

/** Where tfjs-node's own download puts its binding. */
export function ownBinding() {
  return join(tfjsFolder() ?? project, "lib", "napi-v8", "tfjs_binding.node");
}

/** The binding in a folder of the engine's cache. */
export function cachedBinding(folder) {
  return join(folder, "tfjs_binding.node");
}

// A file, and no text after -e: Deno finds no package from there.
const TRIAL = fileURLToPath(new URL("trial.mjs", import.meta.url));

/**
 * Loads the engine in a child and multiplies; a route that cannot do that is not taken.
 *
 * @returns for the CUDA build (`gpu`): the device's name where the product was computed on it, else why TensorFlow took the CPU.
 * @throws Error in words where the library does not run here.
 */
export function verify(binding, { gpu = false } = {}) {
  const args = [TRIAL, tfjsFolder(), binding];
  // What it says of devices is at the lowest level, and names of CUDA libraries below even that.
  const loud = { TF_CPP_MIN_LOG_LEVEL: "0", TF_CPP_VMODULE: "dso_loader=1" };
  const env = { ...process.env, ...(gpu ? loud : { TF_CPP_MIN_LOG_LEVEL: "3" }) };
  const done = spawnSync(process.execPath, args, { encoding: "utf8", env, maxBuffer: 2 ** 26 });
  if (done.status !== 0)
    throw new Error(
      `the library does not run here (${firstError(done.stderr) || done.signal || `exit ${done.status}`})`,
    );
  const onGpu = JSON.parse(done.stdout).gpu;
  return { device: onGpu ? deviceName(done.stderr) : null, reason: onGpu ? null : cpuReason(done.stderr) };
}
